import type { ContextListing, OpenContext } from '../../../context/context-file.js'
import type { BuildDefinition } from '../../../definition/declare/build-settings.js'
import type { NamedContextDefinition } from '../../../definition/declare/named-contexts.js'
import type { Analysis, ReadContext } from '../../../dockerfile/analysis.js'
import { type ImageNode, pipelineContext } from '../../../graph/node.js'
import { getFromLayout } from '../../../layout/layout-manifests.js'
import type { Digest } from '../../../model/digest.js'
import { DefinitionError } from '../../../model/errors.js'
import type { Platform } from '../../../model/platform.js'
import type { StepCall, StepServices } from '../../step.js'
import { childFor, type PinnedImage, pinImage } from '../sources/pinned-image.js'

/** A named context that the Dockerfile reads, with its current content. */
export type ResolvedContext =
  | { readonly kind: 'files'; readonly name: string; readonly context: OpenContext; readonly listing: ContextListing }
  | { readonly kind: 'image'; readonly name: string; readonly image: PinnedImage }
  /** A result of another pipeline of the run: one of the node's `pipelineImages`, by its name. */
  | { readonly kind: 'pipeline'; readonly name: string; readonly image: string }
  | {
      readonly kind: 'layout'
      readonly name: string
      readonly directory: string
      /** Digest of the index, or of the only image. */
      readonly index: Digest
      /** Digest of the platform's own image; the same as `index` if the layout is used for other platforms too. */
      readonly image: Digest
    }

/** The pinned images of a build: those of its Dockerfile and of its contexts. */
export function pinnedImages({
  images,
  contexts,
}: {
  readonly images: readonly PinnedImage[]
  readonly contexts: readonly ResolvedContext[]
}): readonly PinnedImage[] {
  return [...images, ...contexts.flatMap((context) => (context.kind === 'image' ? [context.image] : []))]
}

/** Parts of a node that determine its contexts. */
type ContextUser = Pick<ImageNode, 'build' | 'platform' | 'pipelineImages'>

/** The named contexts that a Dockerfile reads. */
interface DockerfileContexts extends Pick<Analysis, 'contexts'> {
  /** Its path, for messages. */
  readonly dockerfile: string
}

/**
 * Resolves the named contexts that a Dockerfile reads; notes the others.
 *
 * @throws DefinitionError if a directory or layout does not exist; RegistryError NOT_FOUND, PLATFORM_MISSING
 */
export async function resolveContexts(
  node: ContextUser,
  { contexts, dockerfile }: DockerfileContexts,
  services: StepServices,
  call: StepCall,
): Promise<readonly ResolvedContext[]> {
  noteUnread(contexts, node.build, dockerfile, call)
  return Promise.all(
    contexts.flatMap((read) => {
      const definition = node.build.contexts[read.name]
      return definition === undefined ? [] : [resolveContext({ ...read, definition }, node, services, call)]
    }),
  )
}

/** Adds a note for each context that no instruction reads: its name is probably misspelt. */
function noteUnread(read: readonly ReadContext[], build: BuildDefinition, dockerfile: string, call: StepCall): void {
  const names = new Set(read.map(({ name }) => name))
  for (const name of Object.keys(build.contexts)) {
    if (names.has(name)) continue
    const message = `${dockerfile}: no instruction reads the context '${name}'; use it in FROM, COPY --from or RUN --mount=from`
    call.onEvent?.({ kind: 'note', message })
  }
}

async function resolveContext(
  { name, isForTarget, definition }: ReadContext & { readonly definition: NamedContextDefinition },
  { build, platform, pipelineImages }: ContextUser,
  services: StepServices,
  call: StepCall,
): Promise<ResolvedContext> {
  switch (definition.kind) {
    case 'pipeline':
      return { kind: 'pipeline', name, image: pipelineContext(definition.pipeline) }
    case 'image': {
      const made = pipelineImages.find((one) => one.name === definition.name)
      if (made !== undefined) return { kind: 'pipeline', name, image: made.name }
      const image = await pinImage({ name: definition.name, places: [], isForTarget }, platform, services, call)
      return { kind: 'image', name, image }
    }
    case 'layout':
      return { kind: 'layout', name, ...(await resolveLayout(definition, name, isForTarget ? platform : undefined)) }
    default: {
      // Like docker, apply a .dockerignore only in local directories.
      const isWhole = definition.kind !== 'directory'
      const request = { context: definition, dockerfile: '', inline: '', fileModes: build.fileModes, isWhole }
      const context = await services.contexts.open(request, call.signal)
      return { kind: 'files', name, context, listing: await context.select('all', call.signal) }
    }
  }
}

async function resolveLayout(
  { directory, tag, digest }: Extract<NamedContextDefinition, { readonly kind: 'layout' }>,
  name: string,
  platform: Platform | undefined,
) {
  const reference = {
    registry: 'oci-layout:',
    repository: directory,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  }
  const found = await getFromLayout(directory, reference)
  if (found === undefined) {
    const which = digest ?? (tag === undefined ? 'image' : `'${tag}'`)
    const message = `the image layout '${directory}' has no ${which}`
    throw new DefinitionError([{ path: `build.contexts.${name}`, message, hint: 'write oci-layout://DIR:TAG' }])
  }
  const index = found.descriptor.digest
  const image = platform === undefined ? index : childFor(`the context '${name}' is ${directory}`, found, platform)
  return { directory, index, image }
}

/** Reports a note if a repository's `.git` directory is sent: it changes with every commit, fetch and status. */
export function noteGitFolder(directory: string, { gitFolder }: ContextListing, call: StepCall): void {
  if (gitFolder === undefined) return
  const message = `${directory}: ${gitFolder} is part of the context, so every commit makes another image; list it in .dockerignore`
  call.onEvent?.({ kind: 'note', message })
}
