import { compile } from '../definition/compile.js'
import type { Pipeline } from '../definition/pipeline.js'
import { buildGraph } from '../graph/graph.js'
import { formatReference } from '../model/reference.js'
import { publishedNames } from '../steps/published-names.js'
import type { RunOptions } from './options.js'
import { chooseRegistry, registryBeforeStart } from './registry-choice.js'

/** The names that pipelines publish, whose registry can be reached until this is disposed of. */
export interface PublishedReferences extends AsyncDisposable {
  readonly references: readonly string[]
}

/** Says which names pipelines publish, on the registry that the options choose. @throws DefinitionError */
export async function publishedReferences(
  pipelines: readonly Pipeline[],
  { registry, directory }: RunOptions,
): Promise<PublishedReferences> {
  compile(pipelines, { registry: registryBeforeStart(registry), directory })
  const chosen = await chooseRegistry(registry)
  const definition = compile(pipelines, { registry: chosen.host, directory })
  const names = publishedNames(definition, buildGraph(definition))
  return {
    references: names.map(({ reference }) => formatReference(reference)),
    [Symbol.asyncDispose]: () => chosen[Symbol.asyncDispose](),
  }
}
