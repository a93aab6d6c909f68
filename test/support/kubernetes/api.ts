import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname } from 'node:path/posix'
import { buffer } from 'node:stream/consumers'
import { parse } from 'yaml'
import { DISCOVERY } from './discovery.js'
import { type KubernetesObject, matches, type ObjectChange, type ObjectStore, type Selection } from './object-store.js'
import { applyPatch } from './strategic-merge.js'

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** Serves the objects of a store: get, list, watch, create, patch and delete. */
export async function serveApi(
  store: ObjectStore,
  collections: ReadonlySet<string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://kubernetes')
  const [, byName] = /^metadata\.name=(.*)$/.exec(searchParams.get('fieldSelector') ?? '') ?? []
  const selection = { labels: searchParams.get('labelSelector') ?? '', name: byName }
  if (collections.has(pathname) && /^(true|1)$/.test(searchParams.get('watch') ?? '')) {
    const since = searchParams.get('resourceVersion')
    const hasBookmark = searchParams.get('sendInitialEvents') === 'true'
    return watch(store, { collection: pathname, selection, since, hasBookmark }, response)
  }
  const body = (await buffer(request)).toString()
  const { status, body: answer } = collections.has(pathname)
    ? onCollection(store, pathname, { selection, method: request.method, body })
    : onObject(store, pathname, { method: request.method, body })
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}

interface WrittenRequest {
  readonly method: string | undefined
  readonly body: string
}

function onCollection(
  store: ObjectStore,
  collection: string,
  { selection, method, body }: WrittenRequest & { readonly selection: Selection },
): Answer {
  if (method === 'POST') {
    const object = parse(body) as KubernetesObject
    if (store.get(collection, object.metadata.name) !== undefined) return failure(409, 'AlreadyExists', 'it exists')
    return { status: 201, body: store.put(collection, object) }
  }
  const items = store.list(collection, selection)
  return { status: 200, body: { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: store.version }, items } }
}

function onObject(store: ObjectStore, pathname: string, { method, body }: WrittenRequest): Answer {
  const known = DISCOVERY[pathname]
  if (known !== undefined) return { status: 200, body: known }
  const collection = dirname(pathname)
  const name = pathname.slice(collection.length + 1)
  const object = store.get(collection, name)
  if (object === undefined) return failure(404, 'NotFound', `${pathname} not found`)
  if (method === 'DELETE') {
    store.remove(collection, name)
    return { status: 200, body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } }
  }
  if (method !== 'PATCH') return { status: 200, body: object }
  return { status: 200, body: store.put(collection, applyPatch(object, parse(body)) as KubernetesObject) }
}

/** Sends what exists, unless a version is given, and then every change. */
function watch(
  store: ObjectStore,
  {
    collection,
    selection,
    since,
    hasBookmark,
  }: {
    readonly collection: string
    readonly selection: Selection
    readonly since: string | null
    readonly hasBookmark: boolean
  },
  response: ServerResponse,
): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  const send = (change: ObjectChange) => {
    if (matches(change.object, selection)) response.write(`${JSON.stringify(change)}\n`)
  }
  const isNewer = ({ metadata }: KubernetesObject) => !since || Number(metadata.resourceVersion) > Number(since)
  for (const object of store.list(collection, selection).filter(isNewer)) send({ type: 'ADDED', object })
  if (hasBookmark) response.write(`${JSON.stringify(bookmark(store, collection))}\n`)
  const forget = store.observe((changed, change) => {
    if (changed === collection) send(change)
  })
  response.once('close', forget)
}

/** Ends what exists. @see https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists */
function bookmark(store: ObjectStore, collection: string) {
  const kind = collection.endsWith('/pods') ? 'Pod' : 'Deployment'
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  const metadata = { resourceVersion: store.version, annotations }
  return { type: 'BOOKMARK', object: { kind, apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1', metadata } }
}

function failure(code: number, reason: string, message: string): Answer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message } }
}
