import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { pipeline as pipelineAsync } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { peek } from '../context/files/peek.js'
import type { RootfsBase } from '../definition/plugin/base-source.js'
import type { PublishedVerdict, RootfsCall, RootfsImplementation } from '../definition/plugin/rootfs-kind.js'
import type { Environment } from '../host/environment.js'
import { streamOf } from '../model/async/stream-of.js'
import { HostError } from '../model/errors.js'
import { shownLocation } from '../model/shown-location.js'
import { compressionOf, HEAD_SIZE, isTar } from './archive-kind.js'
import { download, downloadIfThere } from './download.js'
import { requireTool } from './program/tool.js'

/** A published root file system archive: http(s) URL or path, and hex sha256. */
export type PublishedArchive = Pick<RootfsBase, 'location' | 'sha256'>

/** Makes bases from a published root file system archive. */
export const archive: RootfsImplementation<RootfsBase> = {
  make: async (source, _archive, call, store) => store(await openArchive(source, call)),
  checkPublished: checkHash,
}

async function checkHash({ location, sha256 }: RootfsBase, { signal }: RootfsCall): Promise<PublishedVerdict> {
  const content = await openIfThere(location, signal)
  if (content === undefined) return { state: 'wrong', message: `${shownLocation(location)} does not exist` }
  const hash = createHash('sha256')
  await pipelineAsync(content, hash)
  const is = hash.digest('hex')
  return is === sha256.toLowerCase() ? { state: 'true' } : { state: 'wrong', message: `its sha256 is ${is}` }
}

async function openIfThere(location: string, signal: AbortSignal | undefined): Promise<Readable | undefined> {
  if (!/^https?:/i.test(location)) return existsSync(location) ? createReadStream(location) : undefined
  return downloadIfThere(location, signal)
}

/**
 * Opens a published root file system archive as a tar, unpacked from gzip, xz or zstd. The stream fails at its end if the
 * archive does not have the given sha256.
 *
 * @throws HostError DOWNLOAD_FAILED, DIGEST_MISMATCH, ROOTFS_FAILED, TOOL_MISSING; CancelledError
 * @example
 * ```ts
 * make: async ({ location }, { state }, call, store) =>
 *   store(await openArchive({ location, sha256: state['sha256'] ?? '' }, call)),
 * ```
 */
export async function openArchive(source: PublishedArchive, { signal, env }: RootfsCall): Promise<Readable> {
  const published = await peek(verified(await openPublished(source, signal), source), HEAD_SIZE)
  const tar = await peek(await unpack(published, env), HEAD_SIZE)
  if (isTar(tar.first)) return tar.all
  // A wrong digest is the more useful error: the content may be an error page.
  for await (const _rest of tar.all);
  throw new HostError(
    'ROOTFS_FAILED',
    `${shownLocation(source.location)} is not a tar archive, plain or compressed with gzip, xz or zstd`,
  )
}

async function openPublished({ location }: PublishedArchive, signal: AbortSignal | undefined): Promise<Readable> {
  if (!/^https?:/i.test(location)) return createReadStream(location)
  return download(location, signal)
}

async function* verified(
  chunks: AsyncIterable<Buffer>,
  { location, sha256 }: PublishedArchive,
): AsyncGenerator<Buffer, void, undefined> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
  const is = hash.digest('hex')
  if (is !== sha256.toLowerCase()) throw mismatch(location, sha256, is)
}

function mismatch(location: string, expected: string, is: string): HostError {
  return new HostError('DIGEST_MISMATCH', `${shownLocation(location)} has sha256 ${is} instead of ${expected}`, {
    hint: 'compare with the checksum of the publisher: the archive was replaced, or changed in transit',
  })
}

/** Programs for formats that Node.js cannot unpack, with their packages. */
const PACKAGES = { xz: 'xz-utils', zstd: 'zstd' } as const

/** By its content, because file names and URLs are not reliable. */
async function unpack(
  { first, all }: { readonly first: Buffer; readonly all: Readable },
  env: Environment,
): Promise<Readable> {
  const compression = compressionOf(first)
  if (compression === undefined) return all
  if (compression === 'gzip') return pipeline(all, createGunzip(), () => {})
  try {
    await requireTool(compression, `install it (on Debian and Ubuntu: apt-get install ${PACKAGES[compression]})`, env)
  } catch (error) {
    all.destroy()
    throw error
  }
  return unpackWith(compression, all, env)
}

/**
 * Pipes input through a program. The output fails if the input or the program fails: its end alone does not mean
 * success.
 */
function unpackWith(tool: string, input: Readable, env: Environment): Readable {
  const child = spawn(tool, ['--decompress', '--stdout'], { stdio: ['pipe', 'pipe', 'ignore'], env })
  let issue: Error | undefined
  input.once('error', (error) => {
    issue = error
    child.stdin.destroy()
  })
  // The program's exit code reports why it stopped reading.
  child.stdin.on('error', () => undefined)
  input.pipe(child.stdin)
  const closed = once(child, 'close')
  closed.catch(() => undefined)
  async function* output(): AsyncGenerator<Buffer> {
    yield* child.stdout as AsyncIterable<Buffer>
    const [code] = await closed
    if (issue !== undefined) throw issue
    if (code !== 0) throw new HostError('TOOL_FAILED', `${tool} could not read the archive`)
  }
  return streamOf(output(), () => {
    input.destroy()
    child.kill()
  })
}
