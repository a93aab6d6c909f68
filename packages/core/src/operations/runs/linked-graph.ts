import type { Definition, PipelineDefinition } from '../../definition/definition.js'
import type { Analysis } from '../../dockerfile/analysis.js'
import {
  checkUses,
  type DockerfileUse,
  linkedPipelines,
  publishedResults,
  type UsedImage,
} from '../../graph/dockerfile-use.js'
import { buildGraph, graphOf } from '../../graph/graph.js'
import { type Graph, pipelineContext } from '../../graph/node.js'
import { imageNodeId } from '../../graph/node-id.js'
import { mapLimited } from '../../model/async/map-limited.js'
import { PolyarchError } from '../../model/errors.js'
import type { Platform } from '../../model/platform.js'
import type { DockerfileUser } from '../../steps/image/image-dockerfile.js'
import type { StepServices } from '../../steps/step.js'

/**
 * Computes the graph of a definition including edges of its Dockerfiles: a pipeline depends on the pipelines whose
 * published names its Dockerfile uses.
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
  const published = publishedResults(definition)
  for (;;) {
    const pipelines = linkedPipelines(definition, uses, published)
    const unread = pipelines.flatMap(dockerfileUsers).filter(({ id }) => !uses.has(id))
    if (unread.length === 0) return graphOf(pipelines, published, { only, uses })
    const read = await mapLimited(unread, (user) => readUse(user, services, signal))
    for (const [at, { id }] of unread.entries()) uses.set(id, read[at] ?? NOTHING)
    checkUses(definition, uses, published)
  }
}

function dockerfileUsers({ name, platforms, baseNames, baseImage }: PipelineDefinition): readonly DockerfileUser[] {
  const base = { baseNames, ...(baseImage !== undefined && { baseImage }) }
  return platforms.map(({ platform, build }) => ({ id: imageNodeId(name, platform), platform, build, ...base }))
}

const NOTHING: DockerfileUse = { file: '', externals: [], usesWholeBase: false }

/** An unreadable Dockerfile adds no edges; the step of its image reports the error. */
async function readUse(
  user: DockerfileUser,
  services: Pick<StepServices, 'contexts'>,
  signal: AbortSignal | undefined,
): Promise<DockerfileUse> {
  try {
    const { context, analysis } = await services.contexts.dockerfile(user, signal)
    const { externals, usesBaseElsewhere, usesBaseArgInStage } = analysis
    return {
      file: context.dockerfile.file,
      externals: [...externals, ...contextImages(user, analysis)],
      usesWholeBase: usesBaseElsewhere || usesBaseArgInStage,
    }
  } catch (error) {
    if (error instanceof PolyarchError) return NOTHING
    throw error
  }
}

/** The images of the named contexts that the Dockerfile reads. */
function contextImages({ build }: DockerfileUser, { contexts }: Analysis): readonly UsedImage[] {
  return contexts.flatMap(({ name, isForTarget }) => {
    const definition = build.contexts[name]
    if (definition?.kind === 'image') return [{ name: definition.name, isForTarget }]
    if (definition?.kind !== 'pipeline') return []
    return [{ name: pipelineContext(definition.pipeline), isForTarget, pipeline: definition.pipeline }]
  })
}
