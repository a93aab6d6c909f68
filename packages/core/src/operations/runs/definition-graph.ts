import { compile } from '../../definition/compile/compile.js'
import { buildGraph } from '../../graph/graph.js'
import { sourceName } from '../../graph/source-name.js'
import { formatReference } from '../../model/reference.js'
import type { PictureSource } from '../../report/graph/picture.js'
import { publishedNames } from '../../steps/published-names.js'
import { type OptionNames, splitArguments } from '../option-names.js'
import type { PipelinesAndOptions, PlanOptions } from '../options.js'
import { registryBeforeStart } from '../registry-choice.js'

/** Options of {@link definitionGraph}. */
export interface DefinitionGraphOptions extends Pick<PlanOptions, 'registry' | 'directory' | 'pipelines'> {}

export const DEFINITION_GRAPH_OPTIONS: OptionNames<DefinitionGraphOptions> = {
  registry: 'string',
  directory: 'string',
  pipelines: 'array',
}

/**
 * Returns the nodes and names of pipelines from their definition alone, without any request. @throws DefinitionError
 */
export function definitionGraph(...given: PipelinesAndOptions<DefinitionGraphOptions>): PictureSource {
  const { pipelines, options } = splitArguments('graph', given, DEFINITION_GRAPH_OPTIONS)
  const { registry, directory, pipelines: chosen } = options
  const definition = compile(pipelines, { registry: registryBeforeStart(registry), directory, chosen })
  const graph = buildGraph(definition)
  return {
    nodes: graph.nodes.map((node) => {
      const source = sourceName(node)
      return {
        node: node.id,
        pipeline: node.pipeline,
        kind: node.kind,
        needs: node.needs,
        ...('platform' in node && { platform: node.platform }),
        ...(node.kind === 'test' && { test: node.test.name }),
        ...(source !== undefined && { source }),
      }
    }),
    tags: publishedNames(definition, graph)
      .filter(({ requested }) => requested)
      .map(({ reference, node }) => ({ reference: formatReference(reference), node })),
  }
}
