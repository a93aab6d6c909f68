import {
  basesOf,
  findCycle,
  neededPipelines,
  type PipelineNeeds,
  sortByDependency,
} from '../definition/compile/pipeline-order.js'
import type { Definition, PipelineDefinition, PipelineResult, PlatformDefinition } from '../definition/definition.js'
import { DefinitionError, type Issue } from '../model/errors.js'
import { formatPlatform, type Platform, platformIdentity } from '../model/platform.js'
import { formatReference } from '../model/reference.js'
import type { ImageNode, PipelineImage } from './node.js'
import { baseIndexNodeId, baseNodeId, imageNodeId, indexNodeId } from './node-id.js'

/** An image that a Dockerfile uses. */
export interface UsedImage {
  readonly name: string
  /** Whether every place uses it for the target's platform. */
  readonly isForTarget: boolean
  /** The pipeline whose index it is, if a context names the pipeline itself. */
  readonly pipeline?: string
}

/** Results of other nodes that the Dockerfile of an image node uses. */
export interface DockerfileUse {
  /** Path of the Dockerfile, for messages. */
  readonly file: string
  /** The images that it names beside the base, and those of its named contexts. */
  readonly externals: readonly UsedImage[]
  /** Whether its key has the digest of the base index, not only that of the platform's base. */
  readonly usesWholeBase: boolean
}

/** Uses of the Dockerfiles, by the id of the image node. */
export type DockerfileUses = ReadonlyMap<string, DockerfileUse>

interface Named {
  readonly publisher: PipelineDefinition
  readonly result: PipelineResult
}

/** The results that the pipelines of a definition publish. */
export interface PublishedResults {
  readonly named: ReadonlyMap<string, readonly Named[]>
  readonly pipelines: ReadonlyMap<string, PipelineDefinition>
}

/**
 * Returns the results of other pipelines of the run that a Dockerfile names. A pipeline's own names mean the published
 * images.
 */
export function pipelineImages(
  node: ImageNode,
  published: PublishedResults,
  { externals }: Pick<DockerfileUse, 'externals'>,
): readonly PipelineImage[] {
  return externals.flatMap((used) => {
    const named = resultNamed(used, node.pipeline, published)
    if (named === undefined) return []
    const [result, ofPlatform] = nodesOf(named, node.platform)
    const isInDockerfile = used.pipeline === undefined
    return [{ name: used.name, result, decidedBy: used.isForTarget ? ofPlatform : result, isInDockerfile }]
  })
}

/** The needed pipelines, in dependency order. */
export function linkedPipelines(
  definition: Definition,
  uses: DockerfileUses,
  published: PublishedResults,
): readonly PipelineDefinition[] {
  const needs = needsOf(uses, published)
  return sortByDependency(neededPipelines(definition.pipelines, needs), needs)
}

/**
 * Rejects pipelines that need each other, and images that another pipeline does not make for the platform.
 *
 * @throws DefinitionError DEFINITION_INVALID
 */
export function checkUses(definition: Definition, uses: DockerfileUses, published: PublishedResults): void {
  const cycle = findCycle(definition.pipelines, needsOf(uses, published))
  const issues = definition.pipelines.flatMap((pipeline) =>
    pipeline.platforms.flatMap((platform) => platformIssues(pipeline, platform, published, uses)),
  )
  if (cycle !== undefined) {
    const hint = 'remove one of these from the Dockerfile or the bases, or move the common part to a third pipeline'
    const first = definition.pipelines.find(({ name }) => name === cycle[0])
    issues.push({ path: first?.path ?? '', message: `pipelines depend on each other: ${cycle.join(' → ')}`, hint })
  }
  if (issues.length > 0) throw new DefinitionError(issues)
}

function needsOf(uses: DockerfileUses, published: PublishedResults): PipelineNeeds {
  return (pipeline) => {
    const named = pipeline.platforms.flatMap(({ platform }) =>
      (uses.get(imageNodeId(pipeline.name, platform))?.externals ?? []).flatMap(
        (used) => resultNamed(used, pipeline.name, published)?.publisher.name ?? [],
      ),
    )
    return [...new Set([...basesOf(pipeline), ...named])]
  }
}

function platformIssues(
  { name: pipeline }: PipelineDefinition,
  { platform, optional }: PlatformDefinition,
  published: PublishedResults,
  uses: DockerfileUses,
): readonly Issue[] {
  const { file, externals } = uses.get(imageNodeId(pipeline, platform)) ?? { file: '', externals: [] }
  return externals.flatMap((used) => {
    const named = used.isForTarget ? resultNamed(used, pipeline, published) : undefined
    if (named === undefined || isPlatform(named.result)) return []
    const { publisher } = named
    const same = publisher.platforms.find((one) => platformIdentity(one.platform) === platformIdentity(platform))
    if (same !== undefined && (optional || !same.optional)) return []
    const what = `${used.pipeline === undefined ? `${used.name} of ` : ''}pipeline ${publisher.name}`
    if (same !== undefined) {
      const hint = 'make the platform optional here too, or required there'
      return [
        { path: file, message: `${formatPlatform(platform)} uses ${what}, in which the platform is optional`, hint },
      ]
    }
    const has = publisher.platforms.map((one) => formatPlatform(one.platform)).join(', ')
    const hint = `its platforms are ${has}; use --platform=$BUILDPLATFORM for a stage that runs on the builder`
    return [{ path: file, message: `names ${what}, which has no ${formatPlatform(platform)}`, hint }]
  })
}

/** The results that pipelines publish, by their written and by their pushed names, in the order of the definition. */
export function publishedResults({ pipelines }: Definition): PublishedResults {
  const named = new Map<string, Named[]>()
  for (const publisher of pipelines) {
    for (const [name, result] of resultsOf(publisher)) {
      const others = named.get(name)
      if (others === undefined) named.set(name, [{ publisher, result }])
      else others.push({ publisher, result })
    }
  }
  return { named, pipelines: new Map(pipelines.map((pipeline) => [pipeline.name, pipeline])) }
}

function resultNamed(used: UsedImage, by: string, { named, pipelines }: PublishedResults): Named | undefined {
  if (used.pipeline === undefined) return named.get(used.name)?.find(({ publisher }) => publisher.name !== by)
  const publisher = pipelines.get(used.pipeline)
  return publisher && { publisher, result: 'index' }
}

/** The results of a pipeline by name. If a name occurs twice, the first result counts. */
function resultsOf({ writtenNames, names, sharedBase, platforms }: PipelineDefinition): Map<string, PipelineResult> {
  const results: readonly (readonly [string, PipelineResult])[] = [
    ...writtenNames.map(({ name, result }) => [name, result] as const),
    ...names.map((name) => [formatReference(name), 'index'] as const),
    ...(sharedBase.tag === undefined ? [] : [[formatReference(sharedBase), 'shared-base'] as const]),
    ...platforms.flatMap(({ platform, names: own }) => own.map((name) => [formatReference(name), platform] as const)),
  ]
  return new Map(results.toReversed())
}

/** The node that publishes a name, and the node of its image for a platform. */
function nodesOf({ publisher: { name }, result }: Named, platform: Platform): readonly [string, string] {
  if (result === 'index') return [indexNodeId(name), imageNodeId(name, platform)]
  if (result === 'shared-base') return [baseIndexNodeId(name), baseNodeId(name, platform)]
  return [imageNodeId(name, result), imageNodeId(name, result)]
}

function isPlatform(result: PipelineResult): result is Platform {
  return typeof result === 'object'
}
