import { LAYOUT_TYPES, REF_NAME } from '../layout/layout-format.js'
import { MEDIA_TYPES } from '../model/oci.js'
import type { RepositoryRecord } from './repository-record.js'

/**
 * The text of `index.json`: each tag of an OCI manifest or index under the name `repository:tag`.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md#indexjson-file
 */
export function encodeLayoutIndex(records: ReadonlyMap<string, RepositoryRecord>): string {
  const manifests = [...records].sort(byName).flatMap(([name, record]) => taggedDescriptors(name, record))
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests })
}

function taggedDescriptors(name: string, { manifests, tags }: RepositoryRecord): readonly object[] {
  return [...tags].sort(byName).flatMap(([tag, digest]) => {
    const manifest = manifests.get(digest)
    if (manifest === undefined || !LAYOUT_TYPES.has(manifest.mediaType)) return []
    const annotations = { [REF_NAME]: `${name}:${tag}` }
    return [{ mediaType: manifest.mediaType, digest, size: manifest.size, annotations }]
  })
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : Number(a > b)
}
