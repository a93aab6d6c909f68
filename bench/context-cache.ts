import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openContext } from '../packages/core/src/context/open-context.js'
import { tempFolder } from '../test/support/temp-folder.js'
import { SETTLED, writeManyFiles } from './many-files.js'

const ROUNDS = 9

/**
 * Measures what listing a context costs with the digests of an earlier run and without:
 * `npx tsx bench/context-cache.ts [files…]`. Takes two minutes more than the measurements.
 */
await using folder = await tempFolder('context-cache')
const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100, 1000, 10_000]
for (const count of counts) {
  const directory = join(folder.path, String(count))
  await writeManyFiles(directory, count)
  await writeFile(join(directory, 'Dockerfile'), 'FROM scratch\n')
}
await setTimeout(SETTLED)
const cacheFolder = async () => join(folder.path, 'cache')
for (const count of counts) {
  const context = { kind: 'directory', path: join(folder.path, String(count)) } as const
  const list = async (options: Parameters<typeof openContext>[1]) => {
    const began = performance.now()
    await using open = await openContext({ context, dockerfile: 'Dockerfile' }, options)
    await open.select('all')
    return performance.now() - began
  }
  const first = await list({ cacheFolder })
  const times: Record<'without' | 'with', number[]> = { without: [], with: [] }
  for (let round = 0; round < ROUNDS; round++) {
    times.without.push(await list({}))
    times.with.push(await list({ cacheFolder }))
  }
  const shown = [`first ${first.toFixed(1)}`, ...Object.entries(times).map(([name, all]) => `${name} ${median(all)}`)]
  process.stdout.write(`${count} files, milliseconds: ${shown.join(', ')}\n`)
}

function median(times: readonly number[]): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0).toFixed(1)
}
