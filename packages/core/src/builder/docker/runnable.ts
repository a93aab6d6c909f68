import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Platform, platformIdentity, platformsRunBy } from '../../model/platform.js'
import { platformOfEmulator } from './emulators.js'

/**
 * The directory in which Linux lists interpreters of foreign programs. @see
 * https://docs.kernel.org/admin-guide/binfmt-misc.html
 */
const BINFMT_FOLDER = '/proc/sys/fs/binfmt_misc'

/** The platforms that the kernel of this machine runs, natively and by emulators; undefined if it has no such list. */
export async function emulatedHere(native: Platform): Promise<readonly Platform[] | undefined> {
  try {
    const names = await readdir(BINFMT_FOLDER)
    const enabled = await Promise.all(
      names.map(async (name) => {
        const platform = platformOfEmulator(name)
        const state = platform && (await readFile(join(BINFMT_FOLDER, name), 'utf8'))
        return state?.startsWith('enabled') ? platform : undefined
      }),
    )
    return [...platformsRunBy(native), ...enabled.filter((platform) => platform !== undefined)]
  } catch {
    return undefined
  }
}

/** Adds the arm variants that BuildKit does not list: none before v6, although what runs v7 runs v5 too. */
export function withOlderVariants(platforms: readonly Platform[]): readonly Platform[] {
  const all = platforms.flatMap((platform) => (platform.architecture === 'arm' ? platformsRunBy(platform) : [platform]))
  return [...new Map(all.map((platform) => [platformIdentity(platform), platform])).values()]
}
