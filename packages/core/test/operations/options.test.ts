import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.js'
import { execute, lock, plan, prune } from '../../src/index.js'
import { builderManifests, createBuilder, listBuilders, removeBuilder } from '../../src/operations/builders/index.js'
import { assemble, copy, inspect, promote, remove, tags } from '../../src/operations/images/index.js'

/** Calls each operation as JavaScript may: with options that its type does not have. */
const OPERATIONS = {
  plan: (options: object) => plan(options),
  execute: (options: object) => execute(options),
  lock: (options: object) => lock(options),
  prune: (options: object) => prune(options),
  assemble: (options: object) => assemble('oci:none:app', [], options),
  copy: (options: object) => copy('oci:none:app', 'oci:none:copy', options),
  inspect: (options: object) => inspect('oci:none:app', options),
  promote: (options: object) => promote('oci:none:app', ['new'], options),
  remove: (options: object) => remove('oci:none:app', options),
  tags: (options: object) => tags('oci:none', options),
  builderManifests: (options: object) => builderManifests('kubernetes://ci/fleet', options),
  createBuilder: (options: object) => createBuilder('kubernetes://ci/fleet', options),
  listBuilders: (options: object) => listBuilders('kubernetes://ci', options),
  removeBuilder: (options: object) => removeBuilder('kubernetes://ci/fleet', options),
} as const

/** An option of another operation that this one would ignore, with the hint. */
const IGNORED: readonly (readonly [keyof typeof OPERATIONS, string, string])[] = [
  ...(
    ['load', 'keepGoing', 'allowRemoval', 'metadataFile', 'onEvent', 'buildConcurrency', 'reportLayers'] as const
  ).map((option) => ['plan', option, 'use it with execute(…)'] as const),
  ['execute', 'keep', 'available: '],
  ['execute', 'onEvents', "did you mean 'onEvent'?"],
  ['lock', 'frozen', 'use it with execute(…)'],
  ['lock', 'updates', "did you mean 'update'?"],
  ['prune', 'only', 'use it with execute(…)'],
  ['prune', 'deletes', "did you mean 'delete'?"],
  ['assemble', 'platforms', 'available: '],
  ['copy', 'platform', "did you mean 'platforms'?"],
  ['inspect', 'platforms', 'available: '],
  ['promote', 'only', 'use it with execute(…)'],
  ['remove', 'allowRemoval', 'use it with execute(…)'],
  ['builderManifests', 'wait', 'available: '],
  ['createBuilder', 'replica', "did you mean 'replicas'?"],
  ['listBuilders', 'wait', 'available: '],
  ['removeBuilder', 'signals', "did you mean 'signal'?"],
  ['tags', 'registryclient', "did you mean 'registryClient'?"],
]

describe('an option that an operation would ignore', () => {
  it.each(IGNORED)('%s(…) rejects %s', async (operation, option, hint) => {
    await expect(OPERATIONS[operation]({ [option]: true })).rejects.toMatchObject({
      code: 'USAGE',
      issues: [
        {
          path: `${operation}(options)`,
          message: `option '${option}' of ${operation}(…) does not exist`,
          hint: expect.stringContaining(hint),
        },
      ],
    })
  })

  it.each(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])(
    '%s(…) refuses several at once',
    async (operation) => {
      await expect(OPERATIONS[operation]({ nonsense: 1, other: 2, absent: undefined })).rejects.toMatchObject({
        issues: [{ message: expect.stringContaining("'nonsense'") }, { message: expect.stringContaining("'other'") }],
      })
    },
  )

  it('is rejected by run(…)', async () => {
    let said = ''
    const write = (text: string) => {
      said += text
    }
    const host = { argv: ['node', 'build.ts', 'plan'], env: {}, stdout: { write }, stderr: { write } }
    const process: Parameters<typeof main>[1] = { ...host, on: () => {}, off: () => {} }
    await main([{ registri: 'embedded' } as object], process)
    expect(process.exitCode).toBe(2)
    expect(said).toContain(
      "error: run(options): option 'registri' of run(…) does not exist\n  hint: did you mean 'registry'?",
    )
  })
})

type WrongOption = [operation: keyof typeof OPERATIONS, options: object, message: string, hint?: string]

/** Values that JavaScript may pass, and what the error says. */
const WRONG: readonly WrongOption[] = [
  ['execute', { only: 'linux/amd64' }, "option 'only' must be an array, but is 'linux/amd64'", "write ['linux/amd64']"],
  ['execute', { allowRemoval: 'false' }, "option 'allowRemoval' must be true or false, but is 'false'"],
  ['execute', { reuse: null }, "option 'reuse' must be true or false, but is null"],
  ['execute', { verify: 'readback' }, "option 'verify' cannot be 'readback'", "did you mean 'read-back'?"],
  ['execute', { load: 'linux/amd64' }, "option 'load' must be true, false or an array", "write ['linux/amd64']"],
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map(
    (buildConcurrency): WrongOption => [
      'execute',
      { buildConcurrency },
      `option 'buildConcurrency' must be a whole number of at least 1, but is ${buildConcurrency}`,
    ],
  ),
  ['execute', { onEvent: 'print' }, "option 'onEvent' must be a function, but is 'print'"],
  ['execute', { signal: {} }, "option 'signal' must be an AbortSignal, but is an object"],
  ['plan', { emulation: 'sometimes' }, "option 'emulation' cannot be 'sometimes'"],
  ['plan', { engine: 5 }, "option 'engine' must be an object, but is 5"],
  ['plan', { directory: new URL('file:///app') }, "option 'directory' must be a string, but is an object"],
  ['prune', { delete: 'false' }, "option 'delete' must be true or false, but is 'false'"],
  ['prune', { olderThan: '7d' }, "option 'olderThan' must be a number of milliseconds, at least 0, but is '7d'"],
  ['prune', { olderThan: -1 }, "option 'olderThan' must be a number of milliseconds, at least 0, but is -1"],
  ['prune', { olderThan: Number.NaN }, "option 'olderThan' must be a number of milliseconds"],
  ['createBuilder', { replicas: 0 }, "option 'replicas' must be a whole number of at least 1, but is 0"],
  ['copy', { platforms: 'linux/amd64' }, "option 'platforms' must be an array", "write ['linux/amd64']"],
  ['createBuilder', { wait: 1 }, "option 'wait' must be true or false, but is 1"],
]

it.each(WRONG)('%s(…) rejects %j, which another type would accept', async (operation, options, message, hint) => {
  const issue = { path: `${operation}(options)`, message: expect.stringContaining(message), ...(hint && { hint }) }
  await expect(OPERATIONS[operation](options)).rejects.toMatchObject({ code: 'USAGE', issues: [issue] })
})

it('assemble(…) rejects a field that an entry does not have', async () => {
  const entry = { image: 'oci:none:app', plattform: 'linux/amd64' }
  await expect(assemble('oci:none:index', [entry])).rejects.toMatchObject({
    code: 'USAGE',
    issues: [{ message: "field 'plattform' does not exist", hint: "did you mean 'platform'?" }],
  })
})

it('options are given once', async () => {
  await expect(plan({} as never, {})).rejects.toMatchObject({
    issues: [{ path: 'plan(options)', message: '2 options objects were passed', hint: 'merge them into one' }],
  })
})
