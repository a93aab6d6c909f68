import type { Digest } from '../../model/digest.js'
import { type Descriptor, isIndex, onePerDigest, type StoredManifest } from '../../model/oci.js'
import type { Repository } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { recordReference } from '../../steps/context-record.js'
import { readParts } from '../../steps/image-parts.js'

/** A tag with the manifest that it points to. */
export interface TaggedManifest {
  readonly tag: string
  readonly manifest: StoredManifest
}

/** All tags of a repository. One that is gone by the time it is read is left out. */
export async function readTags(
  repository: Repository,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly TaggedManifest[]> {
  const tags = await registry.listTags(repository, call)
  const read = await allOrNone(tags, call, async (tag, own) => {
    const manifest = await registry.getManifest({ ...repository, tag }, { ...own, fresh: true })
    return manifest && { tag, manifest }
  })
  return read.filter((one) => one !== undefined)
}

/** What hangs together below some manifests of a repository. */
export interface Needed {
  /** Of the manifests themselves, and of all that their indexes list. */
  readonly digests: ReadonlySet<Digest>
  /** Tags of the records of the contexts that images among them were built from. */
  readonly records: ReadonlySet<string>
  /** The bases that images among them were built on, whether or not an index lists them. */
  readonly bases: ReadonlySet<Digest>
}

/** Follows manifests down through their indexes. What an index lists and the repository lacks is passed over. */
export async function readNeeded(
  repository: Repository,
  roots: readonly StoredManifest[],
  registry: Registry,
  call: RegistryCall,
): Promise<Needed> {
  const digests = new Set<Digest>()
  const records = new Set<string>()
  const bases = new Set<Digest>()
  let level = roots
  while (level.length > 0) {
    const fresh = level.filter(({ descriptor }) => !digests.has(descriptor.digest))
    for (const manifest of fresh) {
      digests.add(manifest.descriptor.digest)
      const parts = readParts(manifest.content.annotations)
      if (parts === undefined) continue
      bases.add(parts.base)
      const { tag } = recordReference(repository, parts.context, parts.dockerfile)
      if (tag !== undefined) records.add(tag)
    }
    const below = fresh.flatMap(({ content }) => (isIndex(content) ? content.manifests : []))
    level = await readAll(repository, missingFrom(digests, below), registry, call)
  }
  return { digests, records, bases }
}

function missingFrom(digests: ReadonlySet<Digest>, entries: readonly Descriptor[]): readonly Descriptor[] {
  return onePerDigest(entries).filter(({ digest }) => !digests.has(digest))
}

async function readAll(
  { registry: host, repository }: Repository,
  entries: readonly Descriptor[],
  registry: Registry,
  call: RegistryCall,
): Promise<readonly StoredManifest[]> {
  const read = await allOrNone(entries, call, ({ digest }, own) =>
    registry.getManifest({ registry: host, repository, digest }, own),
  )
  return read.filter((one) => one !== undefined)
}
