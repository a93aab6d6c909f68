import { encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import { parseManifest } from '../../src/registry/manifests/schema.js'
import type { ScriptedAnswer, ScriptedRequest } from './scripted-server.js'

/**
 * Levels of indexes, each of which lists all of the next level: few manifests, and a path to each for every combination.
 * The first is the one at the top; the indexes of the last level list one image that does not exist.
 */
export function latticeOfIndexes(levels: number, width: number): readonly StoredManifest[] {
  const image = encodeManifest(
    {
      schemaVersion: 2,
      config: {
        ...encodeManifest({ schemaVersion: 2, manifests: [] }, MEDIA_TYPES.ociIndex).descriptor,
        mediaType: 'x',
      },
      layers: [],
    },
    MEDIA_TYPES.ociManifest,
  )
  let below: readonly StoredManifest[] = [image]
  const all: StoredManifest[] = [image]
  for (let level = levels; level > 0; level--) {
    const manifests = below.map(({ descriptor }) => descriptor)
    below = Array.from({ length: level === 1 ? 1 : width }, (_, at) =>
      encodeManifest({ schemaVersion: 2, manifests, annotations: { at: `${level} ${at}` } }, MEDIA_TYPES.ociIndex),
    )
    all.unshift(...below)
  }
  return all
}

/** Serves manifests of one repository, `source`, under their digests; every other repository takes all that is written. */
export function serveManifests(manifests: readonly StoredManifest[]) {
  const stored = new Map(manifests.map((one) => [`/v2/source/manifests/${one.descriptor.digest}`, one]))
  return ({ method, path, headers, body }: ScriptedRequest): ScriptedAnswer => {
    if (path.includes('/blobs/')) return { status: method === 'POST' ? 201 : 200, headers: { 'content-length': '0' } }
    if (method === 'PUT') {
      stored.set(path, parseManifest(Buffer.from(body), headers['content-type'], path))
      return { status: 201 }
    }
    const found = stored.get(path)
    if (found === undefined) return { status: 404 }
    const { bytes, descriptor } = found
    const about = { 'content-type': descriptor.mediaType, 'docker-content-digest': descriptor.digest }
    return { status: 200, headers: about, body: Buffer.from(bytes) }
  }
}
