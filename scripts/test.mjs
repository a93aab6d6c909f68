// @ts-check
// `npm test [-- <vitest's arguments>]`: sets the machine up and runs all tests, real engines and registries included.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureArchivePackages } from './setup/archive-packages.mjs'
import { ensureBusybox } from './setup/busybox.mjs'
import { ROOT } from './setup/dependencies.mjs'
import { prepareMachine } from './setup/machine.mjs'
import { main } from './setup/main.mjs'
import { ensureNewerEngine } from './setup/newer-engine.mjs'
import { BASE_TOOLS, TEST_TOOLS } from './setup/packages.mjs'
import { runVisibly } from './setup/run.mjs'
import { SetupError } from './setup/setup-error.mjs'
import { ensureSidPrograms } from './setup/sid-programs.mjs'
import { readOutcome } from './setup/test-outcome.mjs'

main(async () => {
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      'the tests start engines of their own: run `sudo npm test`, or `npm run test:unit` for the others',
    )
  }
  await prepareMachine([...BASE_TOOLS, ...TEST_TOOLS])
  await ensureBusybox()
  await ensureArchivePackages()
  await ensureNewerEngine()
  await ensureSidPrograms()
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
