import { type CompileOptions, compile } from '../../src/definition/compile/compile.js'
import { type Pipeline, pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import type { Definition } from '../../src/definition/definition.js'
import type { BaseAnswer } from '../../src/definition/plugin/base-source.js'
import { type Base, definePlugin } from '../../src/definition/plugin/plugin.js'
import { DefinitionError, type Issue } from '../../src/model/errors.js'

/** An answer of a base that is an image. */
export const image = {
  kind: 'registry',
  reference: 'registry.example.com/base:1',
  configPolicy: 'require-match',
} as const
/** An answer of a base that is made from packages. */
export const apt = {
  kind: 'apt',
  distribution: 'debian',
  suite: 'bookworm',
  architecture: 'amd64',
  components: ['main'],
  packages: [],
  variant: 'minbase',
} as const

/** Compiles a pipeline with one tag. */
export function compiled(one: Pipeline, options: CompileOptions = {}): Definition {
  return compile([one.tags('1')], options)
}

/** The issues of a pipeline with one tag. */
export function issuesOf(one: Pipeline): readonly Issue[] {
  try {
    compiled(one)
  } catch (error) {
    if (error instanceof DefinitionError) return error.issues
    throw error
  }
  return []
}

/** A pipeline on a base that returns one answer for every request. */
export function answering(answer: unknown, build = {}): Pipeline {
  const base: Base = { platforms: ['linux/amd64'], optionNames: [], source: () => answer as BaseAnswer }
  return pipeline('registry.example.com/app')
    .use(definePlugin({ name: 'polyarch-plugin-test', bases: { test: base } }))
    .platforms(platform('amd64', { base: 'test', build }))
}
