import type { Definition, PipelineDefinition, PlatformDefinition } from '../definition/definition.js'
import { policiesOf } from '../definition/plugin/base-policies.js'
import { comparePlatforms, type Platform, platformIdentity } from '../model/platform.js'
import { formatReference, repositoryOf } from '../model/reference.js'
import {
  type DockerfileUses,
  linkedPipelines,
  type PublishedResults,
  pipelineImages,
  publishedResults,
} from './dockerfile-use.js'
import { keepPlatforms } from './kept-platforms.js'
import type { BaseIndexNode, BaseNode, ChildNode, Graph, ImageNode, IndexNode, Node, TestNode } from './node.js'
import { baseIndexNodeId, baseNodeId, imageNodeId, indexNodeId, testNodeId } from './node-id.js'
import { mergeSharedBases } from './shared-bases.js'
import { awaitTests } from './test-order.js'

/** Selects the part of a definition to run. */
export interface GraphOptions {
  /** Only these platforms; all by default. */
  readonly only?: readonly Platform[] | undefined
  /** Uses of the Dockerfiles, by image node; none by default. */
  readonly uses?: DockerfileUses | undefined
}

/** Computes the graph of the requested pipelines and of what they need. Pure. */
export function buildGraph(definition: Definition, options: GraphOptions = {}): Graph {
  const published = publishedResults(definition)
  return graphOf(linkedPipelines(definition, options.uses ?? new Map(), published), published, options)
}

/**
 * Computes the graph of pipelines.
 *
 * @param pipelines - the result of {@link linkedPipelines}
 */
export function graphOf(
  pipelines: readonly PipelineDefinition[],
  published: PublishedResults,
  { only, uses = new Map() }: GraphOptions,
): Graph {
  const own = pipelines.flatMap((pipeline) => pipelineNodes(pipeline, published, uses))
  const nodes = awaitTests(mergeSharedBases(own, pipelines))
  if (only === undefined) return { nodes }
  const requested = new Set(pipelines.filter((one) => one.requested).map(({ name }) => name))
  const chosen = new Set(only.map(platformIdentity))
  return {
    nodes: keepPlatforms(
      nodes,
      uses,
      (node) => requested.has(node.pipeline) && chosen.has(platformIdentity(node.platform)),
    ),
  }
}

function pipelineNodes(
  pipeline: PipelineDefinition,
  published: PublishedResults,
  uses: DockerfileUses,
): readonly Node[] {
  const whole = wholeBase(pipeline)
  const bases = whole === undefined ? pipeline.platforms.map((platform) => baseNode(pipeline, platform)) : []
  const baseIndex = whole === undefined ? [baseIndexNode(pipeline)] : []
  const images = pipeline.platforms.map((platform) => {
    const node = imageNode(pipeline, platform, whole)
    const linked = pipelineImages(node, published, { externals: uses.get(node.id)?.externals ?? [] })
    const needs = new Set([...node.needs, ...linked.flatMap(({ result, decidedBy }) => [result, decidedBy])])
    return { ...node, needs: [...needs], pipelineImages: linked }
  })
  const tests = pipeline.platforms.flatMap((platform) => testNodes(pipeline, platform))
  return [...bases, ...baseIndex, ...images, ...tests, indexNode(pipeline)]
}

/**
 * Returns the pipeline whose index is used as shared base without a copy: all platforms use it, and the shared base has
 * no name of its own.
 */
function wholeBase({ platforms, sharedBase }: PipelineDefinition): string | undefined {
  const [first] = platforms
  if (first?.base.kind !== 'pipeline' || sharedBase.tag !== undefined) return undefined
  const { pipeline } = first.base
  return platforms.every(({ base }) => base.kind === 'pipeline' && base.pipeline === pipeline) ? pipeline : undefined
}

function baseNode(pipeline: PipelineDefinition, { platform, base }: PlatformDefinition): BaseNode {
  const needs = base.kind === 'pipeline' ? [imageNodeId(base.pipeline, platform)] : []
  return {
    kind: 'base',
    id: baseNodeId(pipeline.name, platform),
    pipeline: pipeline.name,
    repository: repositoryOf(pipeline.sharedBase),
    needs,
    platform,
    source: base,
    ...(pipeline.keepKeyTags && { keepsKeyTag: true as const }),
  }
}

function baseIndexNode(pipeline: PipelineDefinition): BaseIndexNode {
  const children = sortChildren(
    pipeline.platforms.map((one) => ({
      platform: one.platform,
      node: baseNodeId(pipeline.name, one.platform),
      ...optionalOf(one),
    })),
  )
  const needs = children.map(({ node }) => node)
  return {
    kind: 'base-index',
    id: baseIndexNodeId(pipeline.name),
    pipeline: pipeline.name,
    repository: repositoryOf(pipeline.sharedBase),
    needs,
    children,
    ...(pipeline.keepKeyTags && { keepsKeyTag: true as const }),
  }
}

function imageNode(pipeline: PipelineDefinition, definition: PlatformDefinition, whole?: string): ImageNode {
  const { platform, build } = definition
  const base = whole === undefined ? baseNodeId(pipeline.name, platform) : imageNodeId(whole, platform)
  const baseIndex = whole === undefined ? baseIndexNodeId(pipeline.name) : indexNodeId(whole)
  return {
    kind: 'image',
    id: imageNodeId(pipeline.name, platform),
    pipeline: pipeline.name,
    repository: pipeline.repository,
    needs: [base, baseIndex],
    platform,
    ...optionalOf(definition),
    build,
    path: pipeline.path,
    entryAnnotations: definition.entryAnnotations,
    base,
    baseIndex,
    ...baseNameOf(definition, pipeline),
    policies: policiesOf(definition.base),
    pipelineImages: [],
    baseNames: pipeline.baseNames,
    ...(pipeline.baseImage !== undefined && { baseImage: pipeline.baseImage }),
    format: pipeline.format,
  }
}

/** A base that is made here has a name only if the shared base has one. */
function baseNameOf(
  { base }: PlatformDefinition,
  { sharedBase, baseNames }: PipelineDefinition,
): Pick<ImageNode, 'baseName'> {
  if (base.kind === 'registry') return { baseName: formatReference(base.reference) }
  if (base.kind === 'pipeline') return { baseName: base.writtenRepository }
  const [written] = baseNames
  return sharedBase.tag === undefined || written === undefined ? {} : { baseName: written }
}

function testNodes({ name, repository }: PipelineDefinition, definition: PlatformDefinition): readonly TestNode[] {
  const { platform, tests } = definition
  const image = imageNodeId(name, platform)
  return tests.map((test) => ({
    kind: 'test',
    id: testNodeId(name, platform, test.name),
    pipeline: name,
    repository,
    needs: [image],
    platform,
    ...optionalOf(definition),
    image,
    test,
  }))
}

function indexNode(pipeline: PipelineDefinition): IndexNode {
  const children = sortChildren(
    pipeline.platforms.map((one) => ({
      platform: one.listed,
      node: imageNodeId(pipeline.name, one.platform),
      ...optionalOf(one),
    })),
  )
  const needs = children.map(({ node }) => node)
  return {
    kind: 'index',
    id: indexNodeId(pipeline.name),
    pipeline: pipeline.name,
    repository: pipeline.repository,
    needs,
    children,
    format: pipeline.format,
    annotations: pipeline.annotations,
    contexts: contextsOf(pipeline),
    ...(pipeline.platforms.some(({ build }) => build.attest?.provenance) && { provenance: true }),
  }
}

function contextsOf({ platforms }: PipelineDefinition): IndexNode['contexts'] {
  const contexts = platforms.map(({ build }) => build.context)
  return [...new Map(contexts.map((context) => [JSON.stringify(context), context])).values()]
}

function optionalOf({ optional }: PlatformDefinition): { readonly optional?: true } {
  return optional ? { optional } : {}
}

function sortChildren(children: readonly ChildNode[]): readonly ChildNode[] {
  return children.toSorted((a, b) => comparePlatforms(a.platform, b.platform))
}
