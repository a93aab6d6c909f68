import { BASE_ARG, EPOCH_ARG } from '../../dockerfile/stage-links.js'
import type { ImageNode } from '../../graph/node.js'
import { formatReference } from '../../model/reference.js'
import { keyOf } from '../key.js'
import { type Inputs, inputOf } from '../step.js'
import type { ResolvedImage } from './build-request.js'
import type { ResolvedContext } from './context/resolved-context.js'
import { IMAGE_SETTING, type ImageInputs } from './image-parts.js'

type Decided = Pick<ResolvedImage, 'analysis' | 'listing' | 'dockerfileInKey' | 'epoch' | 'contexts'>
type Keyed = Decided & Pick<ResolvedImage, 'images' | 'hash'>

/**
 * The nodes whose results are part of an image's key: its base, or the whole index if other platforms are used, and
 * images of other pipelines.
 */
export function decidingNodes(node: ImageNode, { analysis }: Pick<ResolvedImage, 'analysis'>): readonly string[] {
  const { base, baseIndex, pipelineImages } = node
  return [
    ...new Set(pipelineImages.map(({ decidedBy }) => decidedBy)),
    ...(analysis.usesBaseElsewhere ? [] : [base]),
    ...(analysis.usesBaseElsewhere || analysis.usesBaseArgInStage ? [baseIndex] : []),
  ]
}

/** The key of an image. */
export function imageKey(node: ImageNode, resolved: Keyed, inputs: Inputs): string {
  const { platform, format } = node
  const whole = {
    platform,
    ...decidingInputs(node, resolved, inputs),
    // Manifests of both formats cannot share a key tag. Docker's manifests cannot record what the build resolved.
    ...(format === 'docker' && { format, images: resolved.images.map(({ name, image }) => [name, image]).sort() }),
  }
  return keyOf('image', whole, resolved.hash)
}

/** Inputs that determine an image: the source of its key and of the parts that a plan compares. */
export function decidingInputs(node: ImageNode, resolved: Decided, inputs: Inputs): ImageInputs {
  const { analysis, listing, dockerfileInKey } = resolved
  const { base, baseIndex } = node
  return {
    base: inputOf(inputs, analysis.usesBaseElsewhere ? baseIndex : base).descriptor.digest,
    context: listing.digest,
    dockerfile: dockerfileInKey,
    build: decidingSettings(node, resolved, inputs),
  }
}

/** The build settings that are part of the key and are not in its other parts. */
function decidingSettings(node: ImageNode, resolved: Decided, inputs: Inputs): ImageInputs['build'] {
  const { context: _context, fileModes: _modes, dockerfile: _path, dockerfileInline: _text, ...settings } = node.build
  const { cacheFrom: _cache, noCache: _noCache, pull: _pull, reuse: _reuse, unpinned: _unpinned, ...rest } = settings
  const { args: _args, addHosts, target, ulimits, cacheTo, secrets, ssh, ...others } = rest
  const {
    entitlements: _permissions,
    contexts: _contexts,
    keySecret: _secret,
    cache: _registryCache,
    ...inKey
  } = others
  return {
    ...inKey,
    ...Object.fromEntries(resolved.contexts.map((context) => [`contexts.${context.name}`, contextInKey(context)])),
    ...Object.fromEntries(
      node.pipelineImages.map(({ name, decidedBy }) => [
        `${IMAGE_SETTING}${name}`,
        inputOf(inputs, decidedBy).descriptor.digest,
      ]),
    ),
    args: decidingArgs(node, resolved, inputs),
    addHosts: byHost(addHosts),
    // Like BuildKit, compare names of stages without case.
    ...(target !== undefined && { target: target.toLowerCase() }),
    ...node.policies,
    ...(ulimits.length > 0 && { ulimits }),
    // An inline cache is part of the image.
    ...(cacheTo.some(({ type }) => type === 'inline') && { inlineCache: true }),
    ...idsOf({ secrets, ssh }),
  }
}

/** Value of a context in the key of an image; results of pipelines are listed by digest. */
function contextInKey(context: ResolvedContext): string {
  switch (context.kind) {
    case 'files':
      return context.listing.digest
    case 'image':
      return context.image.image
    case 'layout':
    case 'pipeline':
      return context.image
  }
}

/** Sorted by host. The order of the addresses of one host is significant and kept. */
function byHost(addHosts: readonly string[]): readonly string[] {
  const hostOf = (entry: string) => entry.split(/[:=]/, 1)[0] ?? entry
  return addHosts.toSorted((a, b) => (hostOf(a) < hostOf(b) ? -1 : hostOf(a) > hostOf(b) ? 1 : 0))
}

/** The args that the Dockerfile can read, including the epoch and the base's name if a step reads them. */
function decidingArgs(node: ImageNode, resolved: Decided, inputs: Inputs) {
  const { build, baseIndex, format } = node
  const { analysis, epoch } = resolved
  // Docker's manifests cannot record the other args.
  const others = format === 'docker' ? {} : unusedArgs(node, resolved)
  return {
    ...(epoch !== undefined && { [EPOCH_ARG]: String(epoch) }),
    ...Object.fromEntries(Object.entries(build.args).filter(([name]) => !Object.hasOwn(others, name))),
    ...(analysis.usesBaseArgInStage && { [BASE_ARG]: formatReference(inputOf(inputs, baseIndex).reference) }),
  }
}

/** The args that no instruction of the Dockerfile declares: triggers of an image that it names may use them. */
export function unusedArgs(
  { build }: Pick<ImageNode, 'build'>,
  { analysis }: Pick<ResolvedImage, 'analysis'>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(build.args).filter(([name]) => !analysis.usedArgs.includes(name)))
}

/** Secrets and agents are represented by their sorted ids. */
function idsOf(maps: Readonly<Record<string, object>>): Readonly<Record<string, readonly string[]>> {
  const ids = Object.entries(maps).map(([name, map]) => [name, Object.keys(map).sort()] as const)
  return Object.fromEntries(ids.filter(([, list]) => list.length > 0))
}
