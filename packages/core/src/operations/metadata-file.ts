import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { NodeResult } from '../execute/execution.js'
import type { Node } from '../graph/node.js'
import type { Digest } from '../model/digest.js'
import { DefinitionError } from '../model/errors.js'
import { type Descriptor, isIndex } from '../model/oci.js'
import { formatPlatform } from '../model/platform.js'
import { formatReference } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { PublishedName } from '../steps/published-names.js'

/** One image or index in a metadata file, by the keys that buildx writes. */
export interface ImageMetadata {
  /** Its names, with commas between them. */
  readonly 'image.name'?: string
  readonly 'containerimage.digest': Digest
  readonly 'containerimage.descriptor': Descriptor
  /** Of a single image. */
  readonly 'containerimage.config.digest'?: Digest
}

/** What a metadata file holds of a pipeline: its index, and the image of each platform, by `linux/arm/v7`. */
export interface PipelineMetadata extends ImageMetadata {
  readonly repository: string
  readonly platforms: Readonly<Record<string, ImageMetadata & { readonly repository: string }>>
}

/** A metadata file: what has been published, by the pipelines' ids. */
export type BuildMetadata = Readonly<Record<string, PipelineMetadata>>

/** What a run has made. */
export interface MetadataInput {
  readonly nodes: readonly Node[]
  readonly names: readonly PublishedName[]
  readonly results: ReadonlyMap<string, NodeResult>
}

/** Sees to it that the file can be written, before anything is built. @throws DefinitionError USAGE */
export async function checkMetadataFile(path: string): Promise<void> {
  try {
    await access(dirname(resolve(path)), constants.W_OK)
  } catch {
    const hint = 'name a file in a directory that is there and can be written to'
    throw new DefinitionError([{ path: '--metadata-file', message: `'${path}' cannot be written`, hint }], 'USAGE')
  }
}

/** Writes what a run has made. */
export async function writeMetadata(path: string, input: MetadataInput, registry: Registry, call: RegistryCall) {
  const metadata = await metadataOf(input, registry, call)
  await writeFileAtomic(path, `${JSON.stringify(metadata, null, 2)}\n`)
}

async function metadataOf(input: MetadataInput, registry: Registry, call: RegistryCall): Promise<BuildMetadata> {
  const indexes = input.nodes.filter((node) => node.kind === 'index')
  const pipelines = indexes.map(async ({ id, pipeline }) => {
    const index = await imageOf(id, input, registry, call)
    if (index === undefined) return []
    const images = input.nodes.filter((node) => node.kind === 'image' && node.pipeline === pipeline)
    const platforms = images.map(async (node) => {
      const image = await imageOf(node.id, input, registry, call)
      return image && 'platform' in node ? [[formatPlatform(node.platform), image] as const] : []
    })
    return [[pipeline, { ...index, platforms: Object.fromEntries((await Promise.all(platforms)).flat()) }] as const]
  })
  return Object.fromEntries((await Promise.all(pipelines)).flat())
}

async function imageOf(
  id: string,
  { names, results }: MetadataInput,
  registry: Registry,
  call: RegistryCall,
): Promise<(ImageMetadata & { readonly repository: string }) | undefined> {
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
