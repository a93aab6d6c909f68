import type { Definition } from '../../definition/definition.js'
import type { Analysis } from '../../dockerfile/analysis.js'
import { checkUses, type DockerfileUse, type UsedImage } from '../../graph/dockerfile-use.js'
import { buildGraph } from '../../graph/graph.js'
import { type Graph, type ImageNode, pipelineContext } from '../../graph/node.js'
import { PolyarchError } from '../../model/errors.js'
import type { Platform } from '../../model/platform.js'
import { readImageDockerfile } from '../../steps/image/image-dockerfile.js'
import type { StepServices } from '../../steps/step.js'

/**
 * Computes the graph of a definition with the edges that its Dockerfiles make: a pipeline depends on the pipelines of the run
 * whose published names its Dockerfile uses.
 *
 * @throws DefinitionError DEFINITION_INVALID for pipelines that need each other
 */
export async function linkedGraph(
  definition: Definition,
  only: readonly Platform[] | undefined,
  services: Pick<StepServices, 'contexts'>,
  signal: AbortSignal | undefined,
): Promise<Graph> {
  if (definition.pipelines.length < 2 && only === undefined) return buildGraph(definition)
  const uses = new Map<string, DockerfileUse>()
  for (;;) {
    const images = buildGraph(definition, { uses }).nodes.filter((node) => node.kind === 'image')
    const unread = images.filter(({ id }) => !uses.has(id))
    if (unread.length === 0) return buildGraph(definition, { only, uses })
    const read = await Promise.all(unread.map((node) => readUse(node, services, signal)))
    for (const [at, { id }] of unread.entries()) uses.set(id, read[at] ?? NOTHING)
    checkUses(definition, uses)
  }
}

const NOTHING: DockerfileUse = { file: '', externals: [], usesWholeBase: false }

/** A Dockerfile that cannot be read uses nothing: the step of its image reports the error, with all others. */
async function readUse(
  node: ImageNode,
  services: Pick<StepServices, 'contexts'>,
  signal: AbortSignal | undefined,
): Promise<DockerfileUse> {
  try {
    const { context, analysis } = await readImageDockerfile(node, services, signal)
    const { externals, usesBaseElsewhere, usesBaseArgInStage } = analysis
    return {
      file: context.dockerfile.file,
      externals: [...externals, ...contextImages(node, analysis)],
      usesWholeBase: usesBaseElsewhere || usesBaseArgInStage,
    }
  } catch (error) {
    if (error instanceof PolyarchError) return NOTHING
    throw error
  }
}

/** The images of the named contexts that the Dockerfile reads. */
function contextImages({ build }: ImageNode, { contexts }: Analysis): readonly UsedImage[] {
  return contexts.flatMap(({ name, isForTarget }) => {
    const definition = build.contexts[name]
    if (definition?.kind === 'image') return [{ name: definition.name, isForTarget }]
    if (definition?.kind !== 'pipeline') return []
    return [{ name: pipelineContext(definition.pipeline), isForTarget, pipeline: definition.pipeline }]
  })
}
