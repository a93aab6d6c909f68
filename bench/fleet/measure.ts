/**
 * Measures builds on a BuildKit: images with steps of different length, first without a cache, then with one. The
 * simulation of a fleet draws from these times.
 *
 * Run with: npm run bench:fleet -- --measure. Writes bench/fleet/build-times.json.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execute, fromImage, pipeline, platform } from '../../packages/core/src/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { AMD64, pushBase } from '../../test/pipeline/project.js'
import { Cleanup } from '../../test/support/cleanup.js'
import { newerEngine } from '../../test/support/newer-engine.js'
import { tempFolder } from '../../test/support/temp-folder.js'
import type { BuildTime } from './build-times.js'

/** MiB that a step hashes: from a step that copies files to one that compiles a program. */
const WORK = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

const FILE = fileURLToPath(new URL('build-times.json', import.meta.url))

/** A build whose first step is long, and whose last one depends on a file that changes. */
function app(host: string, base: string, work: number, version: number) {
  const steps = `RUN dd if=/dev/zero bs=1M count=${work} 2>/dev/null | busybox sha256sum > /made\nRUN echo ${version} > /version\n`
  return pipeline(`${host}/app${work}`)
    .platforms(platform('amd64', { base: fromImage(base) }))
    .build({ context: false, dockerfileInline: `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\n${steps}`, network: 'none' })
    .tags('1')
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return Math.round(performance.now() - start)
}

/** Measures one build after the other. */
export async function measureBuilds(): Promise<void> {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('measure'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const { address } = cleanup.use(await newerEngine())
  const base = await pushBase({ ...registry, repository: 'base' }, { platform: AMD64 })
  const options = { builders: [address] }
  const times: BuildTime[] = []
  // The first build of a process also loads its modules.
  await execute(app(registry.host, base, 0, 0), options)
  for (const work of WORK) {
    const cold = await timeOf(() => execute(app(registry.host, base, work, 1), options))
    const warm = await timeOf(() => execute(app(registry.host, base, work, 2), options))
    times.push({ cold, warm })
    console.log(`${work} MiB: ${cold} ms without a cache, ${warm} ms with one`)
  }
  await writeFile(FILE, `${JSON.stringify(times, null, 2)}\n`)
}
