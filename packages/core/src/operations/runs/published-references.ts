import { compile } from '../../definition/compile/compile.js'
import { rehost } from '../../definition/compile/rehost.js'
import type { Pipeline } from '../../definition/declare/pipeline.js'
import { buildGraph } from '../../graph/graph.js'
import { formatReference } from '../../model/reference.js'
import { publishedNames } from '../../steps/published-names.js'
import type { PipelineOptions } from '../options.js'
import { chooseRegistry, registryBeforeStart } from '../registry-choice.js'
import { placedName } from './chosen-names.js'

/** Names whose registry is available until disposal. */
export interface PublishedReferences extends AsyncDisposable {
  readonly references: readonly string[]
}

/**
 * Returns the names that pipelines publish, or the requested names, on the registry that the options select.
 *
 * @param requested - names to use instead of the published ones, unless it is empty.
 * @throws DefinitionError
 */
export async function publishedReferences(
  pipelines: readonly Pipeline[],
  { registry, directory }: Pick<PipelineOptions, 'registry' | 'directory'>,
  requested: readonly string[] = [],
): Promise<PublishedReferences> {
  if (requested.length > 0) return await requestedReferences(requested, registry)
  const declared = compile(pipelines, { registry: registryBeforeStart(registry), directory })
  const chosen = await chooseRegistry(registry)
  const definition = rehost(declared, chosen.startedAt)
  const names = publishedNames(definition, buildGraph(definition))
  return {
    references: names.map(({ reference }) => formatReference(reference)),
    [Symbol.asyncDispose]: () => chosen[Symbol.asyncDispose](),
  }
}

async function requestedReferences(
  requested: readonly string[],
  registry: string | undefined,
): Promise<PublishedReferences> {
  const chosen = await chooseRegistry(registry)
  return {
    references: requested.map((name) => placedName(name, chosen.host)),
    [Symbol.asyncDispose]: () => chosen[Symbol.asyncDispose](),
  }
}
