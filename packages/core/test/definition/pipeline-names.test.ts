import { describe, expect, it } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import { type Pipeline, pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { buildGraph } from '../../src/graph/graph.js'
import { faultsOf, NAME, plugin, simple } from './definitions.js'

function named(repository: string, name?: string): Pipeline {
  const options = name === undefined ? {} : { name }
  return pipeline(repository, options)
    .use(plugin)
    .platforms(platform('amd64', { base: 'narrow' }))
    .tags('1')
}

function namesOf(...pipelines: readonly Pipeline[]): readonly string[] {
  return compile(pipelines).pipelines.map(({ name }) => name)
}

const sdk = named('registry.example.com/team/sdk')
const top = pipeline('registry.example.com/top')
  .platforms(platform('amd64', { base: sdk }))
  .tags('1')
const beside = named('registry.example.com/beside')

describe('the name of a pipeline', () => {
  it('is the last part of its repository, also on another registry', () => {
    expect(namesOf(sdk)).toEqual(['sdk'])
    const [moved] = compile([named('sdk')], { registry: '127.0.0.1:5000/prefix' }).pipelines
    expect(moved).toMatchObject({ name: 'sdk', writtenRepository: 'sdk' })
  })

  it('is the given one, which branches keep', () => {
    const tools = named('registry.example.com/team/tools', 'Tools_2.0-slim')
    expect(namesOf(tools.tags('2'))).toEqual(['Tools_2.0-slim'])
  })

  it('does not depend on other pipelines and their order', () => {
    const other = named('registry.example.com/other/sdk', 'other-sdk')
    expect(namesOf(sdk, other)).toEqual(['sdk', 'other-sdk'])
    expect(namesOf(other, sdk)).toEqual(['other-sdk', 'sdk'])
  })

  it.each([
    ['two repositories', named('registry.example.com/other/sdk'), "pipeline('registry.example.com/other/sdk')"],
    ['one repository', sdk.tags('2'), "pipeline('registry.example.com/team/sdk')"],
    ['a given name', named('registry.example.com/x', 'sdk'), "pipeline('registry.example.com/x', { name: 'sdk' })"],
  ])('that two pipelines have is rejected: of %s', (_what, other, path) => {
    const { repository } = other.declaration
    expect(faultsOf([sdk, other])).toContainEqual({
      path,
      message: "its name 'sdk' is also the name of pipeline('registry.example.com/team/sdk')",
      hint: `give each a name: pipeline('${repository}', { name: '…' })`,
    })
  })

  it('that a base has too is rejected', () => {
    const other = pipeline('registry.example.com/other/sdk').platforms(platform('amd64', { base: sdk }))
    expect(faultsOf([other.tags('1')]).map(({ message }) => message)).toContainEqual(
      expect.stringContaining("its name 'sdk' is also the name of"),
    )
  })

  it.each(['', 'a b', '-x', 'a/b', 'ü', 5 as unknown as string])("is refused as '%s'", (name) => {
    const hint = "use letters, digits, '.', '_' and '-', and start with a letter or digit"
    expect(faultsOf([named('registry.example.com/x', name)])).toMatchObject([
      { message: `'${name}' is not a valid pipeline name`, hint },
    ])
  })

  it('is the only option', () => {
    const misspelt = pipeline('registry.example.com/x', { nam: 'y' } as never)
      .use(plugin)
      .platforms(platform('amd64', { base: 'narrow' }))
    expect(faultsOf([misspelt])).toMatchObject([
      { message: "option 'nam' does not exist", hint: "did you mean 'name'?" },
    ])
  })
})

describe('chosen pipelines', () => {
  const all = [sdk, top, beside]
  const graphOf = (chosen: readonly string[]) => {
    const definition = compile(all, { chosen })
    const pipelines = new Set(buildGraph(definition).nodes.map((node) => node.pipeline))
    return {
      requested: definition.pipelines.filter(({ requested }) => requested).map(({ name }) => name),
      inGraph: [...pipelines],
    }
  }

  it('are published, with what they need in the graph and the others omitted', () => {
    expect(graphOf(['top'])).toEqual({ requested: ['top'], inGraph: ['sdk', 'top'] })
    expect(graphOf(['beside', 'sdk'])).toEqual({ requested: ['sdk', 'beside'], inGraph: ['sdk', 'beside'] })
  })

  it('are all, if none is named', () => {
    expect(graphOf([])).toEqual({ requested: ['sdk', 'top', 'beside'], inGraph: ['sdk', 'top', 'beside'] })
  })

  it('exist, or the nearest one is proposed', () => {
    const choose = () => compile(all, { chosen: ['tpo', 'sdk'] })
    expect(choose).toThrow("'tpo' is not part of this run")
    expect(choose).toThrow(
      expect.objectContaining({ code: 'USAGE', issues: [expect.objectContaining({ hint: "did you mean 'top'?" })] }),
    )
  })

  it('do not publish a name that another pipeline of the run publishes', () => {
    const same = named('registry.example.com/team/sdk', 'same')
    expect(() => compile([sdk, same], { chosen: ['same'] })).toThrow('is published twice')
  })
})

it.each([
  ['keepKeyTags', 'false', "'false' is not true or false"],
  ['platformNames', 5, '5 is not a string'],
  ['sharedBase', null, 'null is not a string'],
  ['build', 'Dockerfile', "'Dockerfile' is not an object of settings"],
  ['build', undefined, 'undefined is not an object of settings'],
  ['annotations', undefined, 'undefined is not an object of settings'],
] as const)('%s(%j) of a pipeline is rejected, also before a right value of build', (method, value, message) => {
  const called = (simple[method] as (given: unknown) => typeof simple)(value).build({ context: '.' })
  const path = `pipeline('${NAME}').${method}`
  expect(faultsOf([called])).toContainEqual({ path, message, hint: expect.any(String) })
})
