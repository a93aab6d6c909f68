import { digestOf } from '../../src/model/digest.js'
import type { ScriptedAnswer, ScriptedRequest } from './scripted-server.js'

/** What a registry in memory does otherwise than most. */
export interface MemoryRegistryOptions {
  /** Refuses a PUT whose condition does not hold, as RFC 9110 has it. */
  readonly evaluatesConditions?: boolean
  /** Manifests of other types are answered with 415. */
  readonly accepts?: (mediaType: string) => boolean
  /** What a DELETE by digest is answered with while a tag has the manifest. */
  readonly deletingTagged?: ScriptedAnswer
  /** Called before each PUT of a manifest. */
  readonly beforePut?: (path: string, store: MemoryStore) => void
}

/** What a registry in memory holds: manifests by path, and paths of blobs with their text. */
export interface MemoryStore {
  readonly manifests: Map<string, { readonly mediaType: string; readonly body: string }>
  readonly blobs: Map<string, string>
}

/** A registry without the referrers API, for content that is text. For {@link startScriptedServer}. */
export function memoryRegistry(options: MemoryRegistryOptions = {}) {
  const store: MemoryStore = { manifests: new Map(), blobs: new Map() }
  const answer = (request: ScriptedRequest): ScriptedAnswer => {
    const { path } = request
    if (path.includes('/referrers/')) return { status: 404 }
    if (path.includes('/blobs/uploads/')) return upload(request, store)
    if (path.includes('/blobs/')) {
      const body = store.blobs.get(path)
      return body === undefined ? { status: 404 } : { status: 200, body }
    }
    if (request.method === 'DELETE') return remove(path, store, options)
    return request.method === 'PUT' ? put(request, store, options) : get(path, store)
  }
  return { store, answer }
}

function upload({ method, path, query, body }: ScriptedRequest, { blobs }: MemoryStore): ScriptedAnswer {
  if (method === 'POST') return { status: 202, headers: { location: `${path}1` } }
  const digest = query.get('digest') ?? ''
  blobs.set(path.replace(/uploads\/.*$/, digest), body)
  return { status: 201, headers: { 'docker-content-digest': digest } }
}

function get(path: string, { manifests }: MemoryStore): ScriptedAnswer {
  const found = manifests.get(path)
  if (found === undefined) return { status: 404 }
  const { mediaType, body } = found
  const headers = { 'content-type': mediaType, 'content-length': `${Buffer.byteLength(body)}` }
  return { status: 200, headers: { ...headers, 'docker-content-digest': digestOf(body) }, body }
}

function put(
  { path, headers, body }: ScriptedRequest,
  store: MemoryStore,
  { evaluatesConditions = false, accepts = () => true, beforePut }: MemoryRegistryOptions,
): ScriptedAnswer {
  const mediaType = headers['content-type'] ?? ''
  if (!accepts(mediaType)) return { status: 415 }
  beforePut?.(path, store)
  const held = store.manifests.get(path)
  const isOther = headers['if-match'] !== undefined && headers['if-match'] !== `"${digestOf(held?.body ?? '')}"`
  const isTaken = headers['if-none-match'] === '*' && held !== undefined
  if (evaluatesConditions && (isOther || isTaken)) return { status: 412 }
  const digest = digestOf(body)
  for (const place of [path, path.replace(/[^/]+$/, digest)]) store.manifests.set(place, { mediaType, body })
  return { status: 201, headers: { 'docker-content-digest': digest } }
}

/** Deletes a tag, or a manifest with its tags. */
function remove(path: string, { manifests }: MemoryStore, { deletingTagged }: MemoryRegistryOptions): ScriptedAnswer {
  const found = manifests.get(path)
  if (found === undefined) return { status: 404 }
  const isDigest = path.includes('/sha256:')
  const names = isDigest ? [...manifests].flatMap(([name, { body }]) => (body === found.body ? [name] : [])) : [path]
  if (isDigest && names.length > 1 && deletingTagged !== undefined) return deletingTagged
  for (const name of names) manifests.delete(name)
  return { status: 202 }
}
