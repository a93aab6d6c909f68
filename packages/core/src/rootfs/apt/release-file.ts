import type { AptBase, AptOverlay } from '../../definition/plugin/base-source.js'
import type { ArchiveState } from '../../definition/plugin/rootfs-kind.js'
import { HostError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import { shownLocation } from '../../model/shown-location.js'
import { download } from '../download.js'

/** Reads the state of the main archive and of all archives beside it; it is dated with the newest. */
export async function readReleases(mirror: string, source: AptBase, signal?: AbortSignal): Promise<ArchiveState> {
  const main = readRelease(mirror, source, signal)
  const overlays = (source.overlays ?? []).map(async (overlay) => {
    const { date, ...indexes } = await readRelease(overlay.mirror, overlayBase(source, overlay), signal)
    const named = Object.entries(indexes).map(([path, hash]) => [`${overlay.distribution}/${path}`, hash])
    return { date, ...Object.fromEntries(named) } as ArchiveState
  })
  const states = await Promise.all([main, ...overlays])
  const date = Math.max(...states.map((state) => Number(state['date'])))
  return { ...Object.assign({}, ...states), date: String(date) }
}

/** An archive beside the main one as a base of its own. */
export function overlayBase(source: AptBase, { distribution, mirror, suite, components }: AptOverlay): AptBase {
  return { ...source, distribution, mirror, suite, components }
}

/**
 * Reads the suite's signed InRelease. The signature is checked by mmdebstrap when the base is made; here the file only
 * detects changes.
 *
 * @throws HostError DOWNLOAD_FAILED; also if the file is too large
 * @see https://wiki.debian.org/DebianRepository/Format#A.22Release.22_files
 */
export async function readRelease(mirror: string, source: AptBase, signal?: AbortSignal): Promise<ArchiveState> {
  const url = releaseUrl(mirror, source)
  const content = await readBounded(await download(url, signal), url)
  const state = parseRelease(content, source)
  if (state !== undefined) return state
  throw new HostError(
    'DOWNLOAD_FAILED',
    `${url} lists no packages of ${source.components.join(', ')} for ${source.architecture}`,
    {
      hint: `check that the archive has ${source.suite} for ${source.architecture}: ports and old releases have other archives`,
    },
  )
}

/** Limits the size, because a server may send without end. @throws HostError DOWNLOAD_FAILED */
async function readBounded(content: AsyncIterable<Uint8Array>, url: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of content) {
    size += chunk.length
    if (size > LIMITS.releaseFile) {
      throw new HostError('DOWNLOAD_FAILED', `${shownLocation(url)} has more than ${LIMITS.releaseFile} bytes`, {
        hint: 'check that the mirror is the base URL of an archive, which has a dists folder',
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Returns the URL of a suite's release file. */
export function releaseUrl(mirror: string, { suite }: Pick<AptBase, 'suite'>): string {
  return `${mirror}/dists/${suite}/InRelease`
}

/** Returns the date and the package indexes of a base; undefined if the release does not have them. */
export function parseRelease(text: string, { components, architecture }: AptBase): ArchiveState | undefined {
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
  return { date: String(date), ...Object.fromEntries(indexes) }
}
