import { encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
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

/** Serves manifests of one repository, `source`, under their digests; every other repository takes all and has nothing. */
export function serveManifests(manifests: readonly StoredManifest[]) {
  const byDigest = new Map<string, StoredManifest>(manifests.map((one) => [one.descriptor.digest, one]))
  return ({ method, path }: ScriptedRequest): ScriptedAnswer => {
    if (method === 'PUT' || method === 'POST') return { status: 201 }
    const name = path.split('/').at(-1) ?? ''
    const found = path.startsWith('/v2/source/manifests/') ? byDigest.get(name) : undefined
    if (path.includes('/blobs/')) return { status: 200, headers: { 'content-length': '0' } }
    if (found === undefined) return { status: 404 }
    const { bytes, descriptor } = found
    return { status: 200, headers: { 'content-type': descriptor.mediaType }, body: Buffer.from(bytes) }
  }
}
