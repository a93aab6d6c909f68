import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { type Readable, Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { RootfsBase } from '../definition/base-source.js'
import { HostError } from '../model/errors.js'
import { download } from './download.js'
import type { RootfsKind } from './kind.js'
import { requireTool } from './tool.js'

/** Bases from a published root file system archive. */
export const archive: RootfsKind<RootfsBase> = {
  async resolve(source) {
    return { source, epoch: 0, inputs: { sha256: source.sha256.toLowerCase() } }
  },

  make: async (source, _resolved, { signal }, store) => store(await openArchive(source, signal)),
}

/** The tar of a published archive; the stream fails at its end where the archive is not the one that was named. */
async function openArchive(source: RootfsBase, signal?: AbortSignal): Promise<Readable> {
  const verified = (await openPublished(source, signal)).compose(verify(source))
  if (/\.t?gz$/.test(source.location)) return verified.compose(createGunzip())
  if (/\.t?xz$/.test(source.location)) return decompress('xz', verified)
  if (/\.t?zst(d)?$/.test(source.location)) return decompress('zstd', verified)
  return verified
}

async function openPublished({ location }: RootfsBase, signal: AbortSignal | undefined): Promise<Readable> {
  if (!/^https?:/.test(location)) return createReadStream(location)
  return download(location, signal)
}

function verify({ location, sha256 }: RootfsBase): Transform {
  const hash = createHash('sha256')
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      const is = hash.digest('hex')
      done(is === sha256.toLowerCase() ? null : mismatch(location, sha256, is))
    },
  })
}

function mismatch(location: string, expected: string, is: string): HostError {
  return new HostError('DIGEST_MISMATCH', `${location} has sha256 ${is}, and not ${expected}`, {
    hint: 'the archive was published anew, or something changed it on its way; compare with what its publisher says',
  })
}

async function decompress(tool: 'xz' | 'zstd', input: Readable): Promise<Readable> {
  await requireTool(tool, `install it (on Debian and Ubuntu: apt-get install ${tool === 'xz' ? 'xz-utils' : 'zstd'})`)
  const child = spawn(tool, ['--decompress', '--stdout'], { stdio: ['pipe', 'pipe', 'ignore'] })
  input.once('error', (error) => child.stdout.destroy(error))
  child.stdin.once('error', () => undefined)
  input.pipe(child.stdin)
  once(child, 'close').then(
    ([code]) => {
      if (code !== 0) child.stdout.destroy(new HostError('TOOL_FAILED', `${tool} could not read the archive`))
    },
    (error: Error) => child.stdout.destroy(error),
  )
  return child.stdout
}
