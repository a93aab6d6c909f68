// Runs mutation tests of the pure folders: npm run mutation -- [AREA…]. Prints the mutants that the area's own tests miss,
// and the share that they kill. Later runs repeat only what has changed. Reports are in coverage/mutation.
import { Stryker } from '@stryker-mutator/core'

const SOURCE = 'packages/core/src'
const TESTS = 'packages/core/test'

/** The files to mutate and the tests that must fail, by area. @type {Record<string, { files: string[], tests: string[] }>} */
const AREAS = {
  model: { files: ['model/**'], tests: ['model/**'] },
  keys: {
    files: ['steps/**/{key,image-key,image-parts,check-value,context-checks}.ts'],
    tests: ['steps/**/{key-tags,image-key,image-parts}.test.ts'],
  },
  'index-manifests': {
    files: ['steps/**/{index-manifest,index-step,base-index-step}.ts'],
    tests: ['steps/**/{index,base-index}-step.test.ts'],
  },
  lock: { files: ['lock/**'], tests: ['lock/**'] },
  'machine-code': { files: ['machine-code/**'], tests: ['machine-code/**'] },
  dockerfile: { files: ['dockerfile/**'], tests: ['dockerfile/**'] },
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !Object.hasOwn(AREAS, name))
if (unknown.length > 0) throw new Error(`no area ${unknown.join(', ')}: there are ${Object.keys(AREAS).join(', ')}`)

/** @type {string[]} */
const table = []
for (const [name, { files, tests }] of Object.entries(AREAS)) {
  if (named.length > 0 && !named.includes(name)) continue
  // Stryker's `testFiles` option does not activate static mutants, so the vitest configuration selects the tests.
  process.env['MUTATION_TESTS'] = tests.map((glob) => `${TESTS}/${glob}`).join(' ')
  const report = `coverage/mutation/${name}`
  const mutants = await new Stryker({
    mutate: files.map((glob) => `${SOURCE}/${glob}`),
    testRunner: 'vitest',
    vitest: { configFile: 'vitest-mutation.config.ts', related: false },
    concurrency: 1,
    incremental: true,
    incrementalFile: `${report}.json`,
    tempDirName: 'coverage/mutation/sandbox',
    reporters: ['clear-text', 'html'],
    clearTextReporter: { reportTests: false, reportScoreTable: false, skipFull: true },
    htmlReporter: { fileName: `${report}.html` },
    ignorePatterns: ['dist', 'docs', 'coverage'],
    allowConsoleColors: false,
  }).runMutationTest()
  const counted = mutants.filter(({ status }) => status !== 'Ignored' && status !== 'CompileError')
  const killed = counted.filter(({ status }) => status === 'Killed' || status === 'Timeout')
  table.push(
    `| ${name} | ${killed.length} of ${counted.length} | ${((100 * killed.length) / counted.length).toFixed(1)} % |`,
  )
}
process.stdout.write(`${['| area | mutants killed | share |', '|---|---|---|', ...table].join('\n')}\n`)
