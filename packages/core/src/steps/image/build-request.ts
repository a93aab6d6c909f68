import { basename } from 'node:path'
import { memoryDirectory } from '../../builder/buildkit/session/files/memory-directory.js'
import type { BuildDockerfile, BuildInputs, BuildRequest } from '../../builder/port.js'
import type { ContextListing, OpenContext } from '../../context/context-file.js'
import type { CacheDefinition } from '../../definition/declare/cache-options.js'
import type { Analysis } from '../../dockerfile/analysis.js'
import { replaceSpans } from '../../dockerfile/pin.js'
import { BASE_ARG, EPOCH_ARG } from '../../dockerfile/stage-links.js'
import type { ImageNode } from '../../graph/node.js'
import { digestOf } from '../../model/digest.js'
import { formatReference, parseReference, withDefaultTag } from '../../model/reference.js'
import type { InputHash } from '../input-hash.js'
import { cacheReference } from '../key.js'
import { type Inputs, inputOf, type StepServices } from '../step.js'
import { contextSources, layoutDirectories, namedDirectories } from './context/context-sources.js'
import type { ResolvedContext } from './context/resolved-context.js'
import { type SyncedContext, syncedContext } from './context/synced-context.js'
import { openSecrets, openSshAgents } from './secrets/build-secrets.js'
import { completeCaches } from './secrets/cache-credentials.js'
import type { PinnedImage } from './sources/pinned-image.js'

/** Inputs of a build, before its base is known. */
export interface ResolvedImage {
  readonly context: OpenContext
  /** The part of the context that the Dockerfile reads. */
  readonly listing: ContextListing
  readonly analysis: Analysis
  /** The part of the Dockerfile that determines the result. */
  readonly dockerfileInKey: string
  readonly images: readonly PinnedImage[]
  /** The named contexts that the Dockerfile reads. */
  readonly contexts: readonly ResolvedContext[]
  /** Hash of inputs for keys and published records. */
  readonly hash: InputHash
  /** `SOURCE_DATE_EPOCH`, in seconds, if a step of the Dockerfile reads it. */
  readonly epoch?: number
}

/** An image to build. */
export interface BuildWork {
  readonly node: ImageNode
  readonly resolved: ResolvedImage
  readonly inputs: Inputs
}

/** Inputs of a Dockerfile's builds on this machine; platforms with the same inputs share the value. */
export interface ImageInputs extends BuildInputs {
  readonly synced: SyncedContext
}

/** `${V%…}`, `${V#…}`, `${V/…}`: builders that need the pinned text reject these modifiers. */
const MODIFIER = /\$\{\w+[%#/]/

/** The file name of an inline Dockerfile. */
const INLINE_FILE = 'Dockerfile'

/** Makes the request to a builder. @throws HostError SECRET_UNAVAILABLE */
export async function buildRequest(
  work: BuildWork,
  destination: BuildRequest['destination'],
  services: Pick<StepServices, 'contexts' | 'env' | 'proxies'>,
): Promise<BuildRequest & { readonly inputs: ImageInputs }> {
  const { node, resolved, inputs } = work
  const { contexts, env } = services
  const { build, platform, format } = node
  const { target, network, args, labels, addHosts, noCache, pull, shmSize, ulimits } = build
  const base = baseReference(work)
  const made = pipelineReferences(work)
  const dockerfile = dockerfileOf(resolved)
  return {
    platform,
    destination,
    mediaTypes: format,
    inputs: await imageInputs(work, dockerfile, services),
    dockerfile,
    pins: [
      ...baseNamesOf(resolved).map((name) => ({ name, pinned: base })),
      ...node.pipelineImages
        .filter(({ isInDockerfile }) => isInDockerfile)
        .map(({ name, result }) => ({ name, pinned: pinnedResult(inputs, result) })),
      ...resolved.images.map(({ name, pinned }) => ({ name, pinned })),
    ],
    args: {
      // As buildx does: BuildKit 0.11 and newer dates the image with it, and older ones ignore it.
      ...(contexts.epoch !== undefined && { [EPOCH_ARG]: String(contexts.epoch) }),
      ...args,
      ...((resolved.analysis.usesBaseArg || resolved.analysis.usesBaseArgInStage) && { [BASE_ARG]: base }),
    },
    // Not part of the key, like the network.
    proxies: await services.proxies(),
    labels,
    addHosts,
    noCache,
    pull,
    cacheFrom: completeCaches([...ownCache(node), ...build.cacheFrom], env),
    cacheTo: completeCaches([...ownCache(node, EXPORTED_CACHE), ...build.cacheTo], env),
    entitlements: build.entitlements,
    contexts: contextSources(resolved.contexts, made),
    layouts: layoutDirectories(resolved.contexts),
    ulimits,
    ...(build.attest !== undefined && { attest: build.attest }),
    ...(shmSize !== undefined && { shmSize }),
    ...(target !== undefined && { target }),
    ...(network !== undefined && { network }),
  }
}

/** A cache of all stages in the form of an image: some registries reject the manifest lists of older caches. */
const EXPORTED_CACHE = { mode: 'max', 'image-manifest': 'true', 'oci-mediatypes': 'true' }

/** The cache of a build in its own repository, if it has one. */
function ownCache(
  { build, repository, pipeline, platform }: ImageNode,
  attributes: Readonly<Record<string, string>> = {},
): readonly CacheDefinition[] {
  if (build.cache === undefined) return []
  const ref = formatReference(cacheReference(repository, pipeline, platform))
  return [{ type: build.cache, attributes: { ref, ...attributes } }]
}

/** The full names, with tags, that a Dockerfile may use for the base. */
export function baseNamesOf({ analysis }: Pick<ResolvedImage, 'analysis'>): readonly string[] {
  return analysis.baseNames.flatMap((name) => {
    const reference = parseReference(name)
    return reference === undefined ? [] : [formatReference(withDefaultTag(reference))]
  })
}

/** The index of the shared base with its digest: one value for all platforms. */
function baseReference({ node, inputs }: BuildWork): string {
  return pinnedResult(inputs, node.baseIndex)
}

/** Images of other pipelines of the run with their digests, by name. */
function pipelineReferences({ node, inputs }: BuildWork): ReadonlyMap<string, string> {
  return new Map(node.pipelineImages.map(({ name, result }) => [name, pinnedResult(inputs, result)]))
}

/** The reference of a node's result, with its digest. */
function pinnedResult(inputs: Inputs, node: string): string {
  return formatReference(inputOf(inputs, node).reference)
}

function dockerfileOf({ context: { dockerfile } }: ResolvedImage): BuildDockerfile {
  const file =
    dockerfile.file === dockerfile.name && !dockerfile.file.includes('/') ? INLINE_FILE : basename(dockerfile.file)
  return { name: dockerfile.name, text: dockerfile.text, file, pinnedFile: `${file}.pinned` }
}

function imageInputs(
  work: BuildWork,
  dockerfile: BuildDockerfile,
  { contexts, env }: Pick<StepServices, 'contexts' | 'env'>,
): Promise<ImageInputs> {
  const { build } = work.node
  const { context } = work.resolved
  const pinned = pinnedDockerfile(work)
  const { secrets, ssh } = build
  const named = work.resolved.contexts.filter(({ kind }) => kind === 'files')
  const files = { [dockerfile.file]: dockerfile.text, [dockerfile.pinnedFile]: pinned }
  const identity = {
    context: [build.context, build.dockerfile, build.dockerfileInline, build.fileModes],
    contexts: named.map(({ name }) => [name, build.contexts[name]]),
    files,
    secrets,
    ssh,
  }
  return contexts.inputs(identity, async () => {
    const synced = syncedContext(context, contexts.epoch)
    return {
      synced,
      directories: {
        ...namedDirectories(work.resolved.contexts, contexts.epoch),
        context: synced,
        dockerfile: memoryDirectory(files),
      },
      sharedKey: digestOf(Buffer.from(`${context.directory}\n${context.dockerfile.file}`)),
      secrets: openSecrets(secrets, env),
      ssh: await openSshAgents(ssh, env),
    }
  })
}

/**
 * The Dockerfile with every image pinned by digest. The base is pinned by its index, so all platforms have the same
 * text.
 */
function pinnedDockerfile(work: BuildWork): string {
  const { context, analysis, images } = work.resolved
  const base = baseReference(work)
  const made = pipelineReferences(work)
  const bases = analysis.literalBases.map((place) => ({ place, text: base }))
  const { text } = context.dockerfile
  const others = images.flatMap(({ places, pinned }) => places.map((place) => ({ place, text: pinned })))
  const ofPipelines = analysis.externals.flatMap(({ name, places }) => {
    const pinned = made.get(name)
    return pinned === undefined ? [] : places.map((place) => ({ place, text: pinned }))
  })
  const known = [...others, ...ofPipelines].filter(({ place }) => !MODIFIER.test(text.slice(place.start, place.end)))
  return replaceSpans(text, [...bases, ...known])
}
