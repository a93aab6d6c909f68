// @ts-check
import { existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.mjs'
import { withSeparateApt } from './separate-apt.mjs'
import { stateFolder, statePath } from './state-folder.mjs'
import { step } from './step.mjs'

/** The Debian release with the newest skopeo. */
const SUITE = 'sid'

/**
 * The command that runs that skopeo, with its own libraries: this machine's are older. `npm test` fetches it.
 *
 * @returns {[command: string, ...args: string[]]}
 */
export function sidSkopeoCommand() {
  const root = statePath('sid-skopeo')
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu')
  return [join(libraries, 'ld-linux-x86-64.so.2'), '--library-path', libraries, join(root, 'usr/bin/skopeo')]
}

/** Fetches skopeo with its libraries from Debian's archive, once. */
export async function ensureSidSkopeo() {
  if (existsSync(statePath('sid-skopeo'))) return
  await step(`fetching skopeo of Debian ${SUITE}`, () =>
    withSeparateApt(
      ['amd64'],
      async ({ folder, env }) => {
        await run('apt-get', ['--quiet', '--yes', '--download-only', 'install', 'skopeo'], { env })
        const partial = stateFolder('sid-skopeo.partial')
        await rm(partial, { recursive: true, force: true })
        const archives = join(folder, 'cache/archives')
        for (const name of (await readdir(archives)).filter((one) => one.endsWith('.deb'))) {
          await run('dpkg-deb', ['--extract', join(archives, name), partial])
        }
        await rename(partial, statePath('sid-skopeo'))
      },
      SUITE,
    ),
  )
}
