import { text } from 'node:stream/consumers'
import type { AptBase } from '../definition/base-source.js'
import { HostError } from '../model/errors.js'
import { download } from './download.js'

/** What a suite's release file says of the package indexes that a base is made from. */
export interface ReleaseFacts {
  /** Seconds since the epoch. */
  readonly date: number
  /** sha256 of each used index, by its path under the suite. */
  readonly indexes: Readonly<Record<string, string>>
}

/**
 * Reads the suite's signed InRelease. The signature is checked by mmdebstrap when the base is made; here the file says
 * only whether something has changed.
 *
 * @throws HostError DOWNLOAD_FAILED
 * @see https://wiki.debian.org/DebianRepository/Format#A.22Release.22_files
 */
export async function readRelease(mirror: string, source: AptBase, signal?: AbortSignal): Promise<ReleaseFacts> {
  const url = releaseUrl(mirror, source)
  const content = await text(await download(url, signal))
  const facts = parseRelease(content, source)
  if (facts !== undefined) return facts
  throw new HostError(
    'DOWNLOAD_FAILED',
    `${url} lists no packages of ${source.components.join(', ')} for ${source.architecture}`,
    {
      hint: `look whether the archive has ${source.suite} for ${source.architecture}: ports and old releases are kept elsewhere`,
    },
  )
}

/** Where the release file of a suite is. */
export function releaseUrl(mirror: string, { suite }: Pick<AptBase, 'suite'>): string {
  return `${mirror}/dists/${suite}/InRelease`
}

/** Undefined where the release does not have what the base is made from. */
export function parseRelease(text: string, { components, architecture }: AptBase): ReleaseFacts | undefined {
  const date = Date.parse(/^Date: (.*)$/m.exec(text)?.[1] ?? '') / 1000
  const section = /^SHA256:\n((?: .*\n?)+)/m.exec(text)?.[1] ?? ''
  const hashes = new Map(
    [...section.matchAll(/^ ([a-f0-9]{64})\s+\d+\s+(\S+)$/gm)].map(([, hash = '', path = '']) => [path, hash]),
  )
  const indexes = components.flatMap((component) => {
    const path = `${component}/binary-${architecture}/Packages`
    const listed = [path, `${path}.xz`, `${path}.gz`].find((one) => hashes.has(one))
    return listed === undefined ? [] : [[listed, hashes.get(listed) ?? ''] as const]
  })
  if (Number.isNaN(date) || indexes.length < components.length) return undefined
  return { date, indexes: Object.fromEntries(indexes) }
}
