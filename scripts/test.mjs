// @ts-check
// `npm test [-- <vitest's arguments>]`: sets the machine up and runs all tests, real engines and registries included.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './setup/dependencies.mjs'
import { main } from './setup/main.mjs'
import { runVisibly } from './setup/run.mjs'
import { prepareTestMachine } from './setup/test-machine.mjs'
import { readOutcome } from './setup/test-outcome.mjs'

main(async () => {
  await prepareTestMachine()
  const folder = await mkdtemp(join(tmpdir(), 'polyarch-results-'))
  try {
    const results = join(folder, 'results.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
    const exitCode = await runVisibly(
      'node',
      ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)],
      { cwd: ROOT },
    )
    const { passed, failed } = readOutcome(results, exitCode)
    console.log(`${passed} passed, ${failed} failed`)
    return failed === 0 ? 0 : 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
