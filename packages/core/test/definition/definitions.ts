import { type CompileOptions, compile } from '../../src/definition/compile/compile.js'
import { type Pipeline, pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { type Base, definePlugin } from '../../src/definition/plugin/plugin.js'
import { DefinitionError, type Issue } from '../../src/model/errors.js'

interface Options {
  readonly release?: 'one' | 'two'
}

function base(platforms: readonly string[]): Base<Options> {
  return {
    platforms,
    optionNames: ['release'],
    source: ({ options }) =>
      options.release === 'two'
        ? { kind: 'issue', option: 'release', message: "release 'two' does not exist", hint: "there is: 'one'" }
        : { kind: 'registry', reference: 'registry.example.com/base:one', configPolicy: 'require-match' },
  }
}

/** A base of three platforms and a base of one. */
export const plugin = definePlugin({
  name: 'test',
  bases: { wide: base(['linux/amd64', 'linux/arm/v6', 'linux/arm/v7']), narrow: base(['linux/amd64']) },
})
export const NAME = 'registry.example.com/team/app'
/** A pipeline that lacks only its platforms. */
export const start = pipeline(NAME).use(plugin)
export const simple = start.platforms(platform('amd64', { base: 'narrow' })).tags('1.0')

/** Compiles pipelines. @returns what is wrong with them */
export function faultsOf(pipelines: readonly Pipeline[], options?: CompileOptions): readonly Issue[] {
  try {
    compile(pipelines, options)
  } catch (error) {
    if (error instanceof DefinitionError) return error.issues
    throw error
  }
  return []
}
