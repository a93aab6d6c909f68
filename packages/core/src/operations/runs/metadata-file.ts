import { constants, type Stats } from 'node:fs'
import { access, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { NodeResult } from '../../execute/execution.js'
import type { IndexNode, Node } from '../../graph/node.js'
import type { Digest } from '../../model/digest.js'
import { DefinitionError } from '../../model/errors.js'
import { type Descriptor, isIndex } from '../../model/oci.js'
import { formatPlatform } from '../../model/platform.js'
import { formatReference, repositoryOf } from '../../model/reference.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import type { PublishedName } from '../../steps/published-names.js'

/** One image or index in a metadata file, by the keys that buildx writes. */
export interface ImageMetadata {
  /** Its names, with commas between them. */
  readonly 'image.name'?: string
  readonly 'containerimage.digest': Digest
  readonly 'containerimage.descriptor': Descriptor
  /** Digest of the config; only for a single image. */
  readonly 'containerimage.config.digest'?: Digest
}

/** One image or index, with its repository. */
export type PlacedMetadata = ImageMetadata & { readonly repository: string }

/**
 * Results of a pipeline in a metadata file: its index, and the image of each platform, by `linux/arm/v7`. A run of
 * selected platforms has no index.
 */
export interface PipelineMetadata extends Partial<ImageMetadata> {
  readonly repository: string
  readonly platforms: Readonly<Record<string, PlacedMetadata>>
  /** The shared base, unless it is another pipeline's index. */
  readonly sharedBase?: PlacedMetadata
}

/** A metadata file: the published images, by pipeline name. */
export type BuildMetadata = Readonly<Record<string, PipelineMetadata>>

/** Results of a run. */
export interface MetadataInput {
  readonly nodes: readonly Node[]
  readonly names: readonly PublishedName[]
  readonly results: ReadonlyMap<string, NodeResult>
}

/** Checks that the file can be written, before anything is built. @throws DefinitionError USAGE */
export async function checkMetadataFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) throw unwritable(path, 'is a directory')
  await access(isSpecial(found) ? path : dirname(resolve(path)), constants.W_OK).catch(() => {
    throw unwritable(path, 'cannot be written')
  })
}

/** Whether a path is a pipe or device, such as /dev/stdout, which is written to and not replaced by a file. */
function isSpecial(found: Stats | undefined): boolean {
  return found?.isFile() === false
}

function unwritable(path: string, reason: string): DefinitionError {
  const hint = 'use a file in a writable directory'
  return new DefinitionError([{ path: '--metadata-file', message: `'${path}' ${reason}`, hint }], 'USAGE')
}

/** Writes the results of a run. */
export async function writeMetadata(path: string, input: MetadataInput, registry: Registry, call: RegistryCall) {
  const text = `${JSON.stringify(await metadataOf(input, registry, call), null, 2)}\n`
  const found = await stat(path).catch(() => undefined)
  await (isSpecial(found) ? writeFile(path, text) : writeFileAtomic(path, text))
}

async function metadataOf(input: MetadataInput, registry: Registry, call: RegistryCall): Promise<BuildMetadata> {
  const indexes = input.nodes.filter((node) => node.kind === 'index')
  const pipelines = indexes.map(async (node) => [node.pipeline, await pipelineOf(node, input, registry, call)] as const)
  return Object.fromEntries((await Promise.all(pipelines)).flatMap(([id, one]) => (one ? [[id, one]] : [])))
}

async function pipelineOf(
  { id, pipeline, repository }: IndexNode,
  input: MetadataInput,
  registry: Registry,
  call: RegistryCall,
): Promise<PipelineMetadata | undefined> {
  const own = input.nodes.filter((node) => node.pipeline === pipeline)
  const read = async (node: Node | undefined) => node && imageOf(node.id, input, registry, call)
  const platforms = own.map(async (node) => {
    const image = node.kind === 'image' ? await read(node) : undefined
    return image && 'platform' in node ? [[formatPlatform(node.platform), image] as const] : []
  })
  const images = (await Promise.all(platforms)).flat()
  if (images.length === 0) return undefined
  const sharedBase = await read(own.find(({ kind }) => kind === 'base-index'))
  return {
    repository: formatReference(repositoryOf(repository)),
    ...(await imageOf(id, input, registry, call)),
    ...(sharedBase && { sharedBase }),
    platforms: Object.fromEntries(images),
  }
}

async function imageOf(
  id: string,
  { names, results }: MetadataInput,
  registry: Registry,
  call: RegistryCall,
): Promise<PlacedMetadata | undefined> {
  const output = results.get(id)?.output
  if (output === undefined) return undefined
  const { digest: _digest, tag: _tag, ...place } = output.reference
  const own = names.filter(({ node }) => node === id).map(({ reference }) => formatReference(reference))
  const { mediaType, digest, size } = output.descriptor
  const content = output.children === undefined ? await registry.getManifest(output.reference, call) : undefined
  const config = content && !isIndex(content.content) ? content.content.config.digest : undefined
  return {
    ...(own.length > 0 && { 'image.name': own.join(',') }),
    'containerimage.digest': digest,
    'containerimage.descriptor': { mediaType, digest, size },
    ...(config !== undefined && { 'containerimage.config.digest': config }),
    repository: formatReference(place),
  }
}
