import { LAYOUT_TYPES, REF_NAME } from '../../layout/layout-format.js'
import { type Descriptor, MEDIA_TYPES, onePerDigest } from '../../model/oci.js'
import type { RepositoryRecord } from './repository-record.js'

/**
 * The text of `index.json`: each tag of an OCI manifest or index under the name `repository:tag`. What has no tag but is
 * attached to another manifest, or has something attached to it, is listed without a name, as `oras` does: only what is
 * listed is searched for attachments.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md#indexjson-file
 */
export function encodeLayoutIndex(records: ReadonlyMap<string, RepositoryRecord>): string {
  const sorted = [...records].sort(byName)
  const tagged = sorted.flatMap(([name, record]) => taggedDescriptors(name, record))
  const named = new Set(tagged.map(({ digest }) => digest))
  const attached = sorted
    .flatMap(([, record]) => attachedDescriptors(record))
    .filter(({ digest }) => !named.has(digest))
  const manifests = [...tagged, ...onePerDigest(attached)]
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests })
}

function taggedDescriptors(name: string, { manifests, tags }: RepositoryRecord): readonly Descriptor[] {
  return [...tags].sort(byName).flatMap(([tag, digest]) => {
    const manifest = manifests.get(digest)
    if (manifest === undefined || !LAYOUT_TYPES.has(manifest.mediaType)) return []
    const annotations = { [REF_NAME]: `${name}:${tag}` }
    return [{ mediaType: manifest.mediaType, digest, size: manifest.size, annotations }]
  })
}

function attachedDescriptors({ manifests }: RepositoryRecord): readonly Descriptor[] {
  const subjects = new Set([...manifests.values()].map(({ subject }) => subject))
  return [...manifests].sort(byName).flatMap(([digest, { mediaType, size, subject }]) => {
    const isListed = (subject !== undefined || subjects.has(digest)) && LAYOUT_TYPES.has(mediaType)
    return isListed ? [{ mediaType, digest, size }] : []
  })
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : Number(a > b)
}
