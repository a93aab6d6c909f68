import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { Readable, Transform } from 'node:stream'
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
  const tool = toolFor(source)
  // Before anything is opened: what fails while nobody listens ends the process.
  if (tool !== undefined)
    await requireTool(tool, `install it (on Debian and Ubuntu: apt-get install ${PACKAGES[tool]})`)
  const verified = (await openPublished(source, signal)).compose(verify(source))
  if (tool !== undefined) return unpackWith(tool, verified)
  return /\.t?gz$/.test(source.location) ? verified.compose(createGunzip()) : verified
}

/** Programs that unpack what Node.js cannot, each with the package that it is in. */
const PACKAGES = { xz: 'xz-utils', zstd: 'zstd' } as const

function toolFor({ location }: RootfsBase): keyof typeof PACKAGES | undefined {
  if (/\.t?xz$/.test(location)) return 'xz'
  return /\.t?zst(d)?$/.test(location) ? 'zstd' : undefined
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

/** What a program makes of its input. Its output fails where the input does, or the program: that it ends says nothing. */
function unpackWith(tool: string, input: Readable): Readable {
  const child = spawn(tool, ['--decompress', '--stdout'], { stdio: ['pipe', 'pipe', 'ignore'] })
  let fault: Error | undefined
  input.once('error', (error) => {
    fault = error
    child.stdin.destroy()
  })
  // That it reads no more is told by its end.
  child.stdin.on('error', () => undefined)
  input.pipe(child.stdin)
  const closed = once(child, 'close')
  closed.catch(() => undefined)
  async function* output(): AsyncGenerator<Buffer> {
    yield* child.stdout as AsyncIterable<Buffer>
    const [code] = await closed
    if (fault !== undefined) throw fault
    if (code !== 0) throw new HostError('TOOL_FAILED', `${tool} could not read the archive`)
  }
  return Readable.from(output(), { objectMode: false }).once('close', () => {
    input.destroy()
    child.kill()
  })
}
