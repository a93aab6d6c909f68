// Runs mutation tests of the pure folders: npm run mutation -- [AREA…]. Prints the mutants that the area's own tests miss,
// and the share that they kill. Later runs repeat only what has changed. Reports are in coverage/mutation.
import { Stryker } from '@stryker-mutator/core'

const SOURCE = 'packages/core/src'
const TESTS = 'packages/core/test'

/**
 * The files to mutate and the tests that must fail, in groups by area: each mutant of a constant runs all tests of its group.
 * @type {Record<string, [files: string, tests: string][]>}
 */
const AREAS = {
  model: [
    ['model/platform.ts', 'model/platform.test.ts'],
    ['model/reference.ts', 'model/reference.test.ts'],
    ['model/oci.ts', 'model/oci.test.ts'],
    ['model/**/{errors,error-data,is-missing}.ts', 'model/errors.test.ts'],
    ['model/**/{limits,plan,plan-reason}.ts', 'model/plan-data.test.ts'],
    [
      'model/**/!(platform|reference|oci|errors|error-data|is-missing|limits|plan|plan-reason).ts',
      'model/!(platform|reference|oci|errors|plan-data).test.ts',
    ],
  ],
  keys: [
    ['steps/key.ts', 'steps/key-tags.test.ts'],
    ['steps/**/base-key.ts', 'steps/base-key.test.ts'],
    ['steps/**/image-key.ts', 'steps/image-key.test.ts'],
    ['steps/**/{image-parts,check-value,context-checks}.ts', 'steps/image-parts.test.ts'],
  ],
  'index-manifests': [['steps/index/*.ts', 'steps/{index,base-index}-step.test.ts']],
  lock: [['lock/**', 'lock/**']],
  'machine-code': [
    ['machine-code/{arm-attributes,code,elf}.ts', 'machine-code/{arm-attributes,code}.test.ts'],
    ['machine-code/{file-tree,image-check,paths}.ts', 'machine-code/{file-tree,image-check}.test.ts'],
    ['machine-code/{layer-entries,layer-files,tar-reader,too-many-files}.ts', 'machine-code/layer-files.test.ts'],
    ['machine-code/{image-code,layer-tar}.ts', 'machine-code/image-code.test.ts'],
  ],
  dockerfile: [['dockerfile/**', 'dockerfile/**']],
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !Object.hasOwn(AREAS, name))
if (unknown.length > 0) throw new Error(`no area ${unknown.join(', ')}: there are ${Object.keys(AREAS).join(', ')}`)

/**
 * @param {string} report - path of its files, without the ending
 * @param {[files: string, tests: string]} group
 */
async function mutate(report, [files, tests]) {
  // Stryker's `testFiles` option does not activate static mutants, so the vitest configuration selects the tests.
  process.env['MUTATION_TESTS'] = `${TESTS}/${tests}`
  return new Stryker({
    mutate: [`${SOURCE}/${files}`],
    testRunner: 'vitest',
    vitest: { configFile: 'vitest-mutation.config.ts', related: false },
    concurrency: 1,
    // A busy machine must not count as a test that fails.
    timeoutMS: 120_000,
    incremental: true,
    incrementalFile: `${report}.json`,
    tempDirName: 'coverage/mutation/sandbox',
    reporters: ['clear-text', 'html', 'progress-append-only'],
    clearTextReporter: { reportTests: false, reportScoreTable: false, skipFull: true },
    htmlReporter: { fileName: `${report}.html` },
    ignorePatterns: ['dist', 'docs', 'coverage'],
    allowConsoleColors: false,
  }).runMutationTest()
}

/** @type {string[]} */
const table = []
for (const [area, groups] of Object.entries(AREAS)) {
  if (named.length > 0 && !named.includes(area)) continue
  const statuses = []
  for (const [at, group] of groups.entries()) {
    const mutants = await mutate(`coverage/mutation/${area}-${at}`, group)
    statuses.push(...mutants.map(({ status }) => status))
  }
  const all = statuses.filter((status) => status !== 'Ignored' && status !== 'CompileError').length
  const killed = statuses.filter((status) => status === 'Killed' || status === 'Timeout').length
  table.push(`| ${area} | ${killed} of ${all} | ${((100 * killed) / all).toFixed(1)} % |`)
}
process.stdout.write(`${['| area | mutants killed | share |', '|---|---|---|', ...table].join('\n')}\n`)
