import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { execute, plan } from '../../src/operations/on-pipelines.js'
import { publishedReferences } from '../../src/operations/published-references.js'
import { chooseRegistry } from '../../src/operations/registry-choice.js'
import { runningRegistry } from '../../src/registry-server/index.js'
import { simple, start } from '../definition/definitions.js'

test('several runs that start the embedded registry at the same moment share one', async () => {
  await using folder = await tempFolder()
  const chosen = await Promise.all([1, 2, 3].map(() => chooseRegistry(`embedded:${folder.path}`)))
  const running = await runningRegistry(folder.path)
  expect(chosen.map(({ host }) => host)).toEqual([1, 2, 3].map(() => running?.host))
  for (const one of chosen) await one[Symbol.asyncDispose]()
  expect(await runningRegistry(folder.path)).toBeUndefined()
})

test('an option that is found to be wrong once it runs ends it: else the process would not end', async () => {
  await using folder = await tempFolder()
  const registry = `embedded:${folder.path}`
  const rebuild = ['no-such-image']
  await expect(plan(simple, { registry, rebuild })).rejects.toMatchObject({ code: 'USAGE' })
  await expect(execute(simple, { registry, rebuild })).rejects.toMatchObject({ code: 'USAGE' })
  expect(await runningRegistry(folder.path)).toBeUndefined()
})

test('it is not started to ask for the names of a faulty definition', async () => {
  await using folder = await tempFolder()
  const asked = publishedReferences([start], { registry: `embedded:${folder.path}` })
  await expect(asked).rejects.toMatchObject({ code: 'DEFINITION_INVALID' })
  expect(await runningRegistry(folder.path)).toBeUndefined()
})
