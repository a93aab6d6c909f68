import type { Graph, Node } from '../graph/node.js'
import { mapLimited } from '../model/async/map-limited.js'
import type { Digest } from '../model/digest.js'
import { type Descriptor, isIndex, type StoredManifest } from '../model/oci.js'
import type { Platform } from '../model/platform.js'
import { formatReference, type Reference, repositoryOf, sameRepository } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { findImage } from '../registry/select-platform.js'
import type { PublishedName } from '../steps/published-names.js'
import type { PublishedState } from '../steps/published-state.js'

/** The published names of pipelines before a run. */
export interface Published {
  previousOf(node: Node): PublishedState
  /**
   * The digest that the name points to, undefined if it does not exist; the result is undefined if the name was not
   * read.
   */
  seen(reference: Reference): { readonly digest: Digest | undefined } | undefined
}

/** A published index; undefined if the name does not exist. */
interface PublishedIndex {
  readonly reference: Reference
  readonly manifest: StoredManifest | undefined
}

/** Reads the first existing name of each index, which represents the whole pipeline. */
export async function readPublished(
  { nodes }: Graph,
  names: readonly PublishedName[],
  registry: Registry,
  call: RegistryCall,
): Promise<Published> {
  const indexes = nodes.filter(({ kind }) => kind === 'index' || kind === 'base-index')
  const namesOf = new Map<string, PublishedName[]>()
  for (const name of names) namesOf.set(name.node, [...(namesOf.get(name.node) ?? []), name])
  const links = linksOf(nodes)
  const read = new Map<string, PublishedIndex>()
  const all: PublishedIndex[] = []
  await mapLimited(indexes, async ({ id, repository }) => {
    // The content of another repository is irrelevant to this one.
    const own = (namesOf.get(id) ?? []).filter(({ reference }) => sameRepository(reference, repository))
    for (const { reference } of own) {
      const manifest = await registry.getManifest(reference, { ...call, fresh: true })
      const published = { reference, manifest }
      all.push(published)
      if (manifest !== undefined || !read.has(id)) read.set(id, published)
      // A name without a manifest is new: other names of the node may point to the published result.
      if (manifest !== undefined) break
    }
  })
  const byName = new Map(all.map((one) => [formatReference(one.reference), one]))
  return {
    previousOf: (node) => previousOf(node, links, read),
    seen(reference) {
      const found = byName.get(formatReference(reference))
      return found && { digest: found.manifest?.descriptor.digest }
    },
  }
}

/** Ids of the image that is based on each base, and of the index that lists each image. */
interface NodeLinks {
  readonly imageOfBase: ReadonlyMap<string, string>
  readonly indexOfImage: ReadonlyMap<string, string>
}

function linksOf(nodes: readonly Node[]): NodeLinks {
  const imageOfBase = new Map<string, string>()
  const indexOfImage = new Map<string, string>()
  for (const node of nodes) {
    if (node.kind === 'image' && !imageOfBase.has(node.base)) imageOfBase.set(node.base, node.id)
    if (node.kind !== 'index') continue
    for (const child of node.children) if (!indexOfImage.has(child.node)) indexOfImage.set(child.node, node.id)
  }
  return { imageOfBase, indexOfImage }
}

function previousOf(
  node: Node,
  { imageOfBase, indexOfImage }: NodeLinks,
  read: ReadonlyMap<string, PublishedIndex>,
): PublishedState {
  if (node.kind === 'index' || node.kind === 'base-index') return indexOnly(read.get(node.id))
  const image = node.kind === 'image' ? node.id : imageOfBase.get(node.id)
  const index = image === undefined ? undefined : indexOfImage.get(image)
  const published = index === undefined ? undefined : read.get(index)
  const entry = published && entryFor(published.manifest, node.platform)
  if (published === undefined || entry === undefined) return indexOnly(published)
  const reference = { ...repositoryOf(published.reference), digest: entry.digest }
  return { ...indexOnly(published), image: { reference, descriptor: entry } }
}

function indexOnly(published: PublishedIndex | undefined): PublishedState {
  const manifest = published?.manifest
  return manifest === undefined ? {} : { index: manifest }
}

/** A single image has no entries, so its platform is unknown. */
function entryFor(manifest: StoredManifest | undefined, platform: Platform): Descriptor | undefined {
  if (manifest === undefined || !isIndex(manifest.content)) return undefined
  return findImage(manifest.content, [platform])
}
