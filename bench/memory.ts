/**
 * Shows that memory does not grow with the size of a blob: writes, copies and reads one of a few mebibytes and one of
 * 2 GB, and prints the peak of resident memory for each. Needs Debian's docker-registry.
 *
 * Run with: npm run bench:memory [-- bytes]
 */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Digest } from '../packages/core/src/model/digest.js'
import { MEDIA_TYPES } from '../packages/core/src/model/oci.js'
import { createRegistry } from '../packages/core/src/registry/client.js'
import type { BlobSource } from '../packages/core/src/registry/port.js'
import { startDebianRegistry } from '../test/support/debian-registry.js'

const MIB = 1024 * 1024
const PART = Buffer.alloc(64 * 1024, 'polyarch')

function* parts(size: number, offset: number): Generator<Buffer> {
  for (let at = offset; at < size; ) {
    const start = at % PART.byteLength
    const part = PART.subarray(start, Math.min(PART.byteLength, start + size - at))
    at += part.byteLength
    yield part
  }
}

/** A blob of any size that needs no memory. */
function sourceOf(size: number): BlobSource {
  const hash = createHash('sha256')
  for (const part of parts(size, 0)) hash.update(part)
  const digest = `sha256:${hash.digest('hex')}` as Digest
  return {
    descriptor: { digest, size },
    open: (offset = 0) => Readable.from(parts(size, offset), { objectMode: false }),
  }
}

/** Runs work, and gives the peak of resident memory meanwhile, in MiB, and the seconds that it took. */
async function measured(work: () => Promise<unknown>): Promise<{ peak: number; seconds: number }> {
  let peak = 0
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage.rss() / MIB)
  }
  const timer = setInterval(sample, 20)
  const start = performance.now()
  try {
    await work()
  } finally {
    clearInterval(timer)
    sample()
  }
  return { peak, seconds: (performance.now() - start) / 1000 }
}

async function run(size: number): Promise<Record<string, number>> {
  await using one = await startDebianRegistry()
  await using other = await startDebianRegistry()
  await using registry = createRegistry()
  const [from, to] = [one, other].map(({ host }) => ({ registry: host, repository: 'bench/blob' }))
  if (from === undefined || to === undefined) throw new Error('two registries were started')
  const source = sourceOf(size)
  const descriptor = { ...source.descriptor, mediaType: MEDIA_TYPES.ociLayer }
  const peaks: Record<string, number> = {}
  const step = async (name: string, work: () => Promise<unknown>) => {
    const { peak, seconds } = await measured(work)
    peaks[name] = peak
    console.log(
      `${name} ${(size / MIB).toFixed(0)} MiB: peak ${peak.toFixed(0)} MiB of memory, ${seconds.toFixed(1)} s`,
    )
  }
  await step('write', () => registry.writeBlob(from, source))
  await step('copy', () => registry.copyBlob(from, to, descriptor))
  await step('read', async () => {
    await pipeline(await registry.readBlob(to, descriptor), async function* drain(chunks) {
      for await (const chunk of chunks) if (chunk.byteLength < 0) yield chunk
    })
  })
  return peaks
}

const large = Number(process.argv[2] ?? 2_000_000_000)
const few = await run(16 * MIB)
const many = await run(large)
for (const [name, peak] of Object.entries(many)) {
  const before = few[name] ?? Number.NaN
  console.log(
    `${name}: ${(large / (16 * MIB)).toFixed(0)} times the bytes, ${(peak / before).toFixed(2)} times the memory`,
  )
}
