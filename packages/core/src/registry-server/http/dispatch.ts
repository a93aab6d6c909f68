import { ProtocolError } from '../protocol-error.js'
import type { Store } from '../store/store.js'
import { deleteBlob, sendBlob } from './blob-routes.js'
import { listReferrers, listTags } from './discovery-routes.js'
import type { Exchange } from './exchange.js'
import { deleteManifest, receiveManifest, sendManifest } from './manifest-routes.js'
import type { Route } from './route.js'
import { cancelUpload, continueUpload, describeUpload, finishUpload, startUpload } from './upload-routes.js'

/** A route to content of the store. */
export type ContentRoute = Exclude<Route, { readonly kind: 'token' }>

type Handler = () => Promise<void>

/**
 * Executes a request.
 *
 * @throws ProtocolError
 */
export async function dispatch(store: Store, exchange: Exchange, route: ContentRoute): Promise<void> {
  const handlers = handlersOf(store, exchange, route)
  const method = exchange.method === 'HEAD' ? 'GET' : exchange.method
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined
  if (handler === undefined) {
    const allow = Object.keys(handlers).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
    throw new ProtocolError(405, 'UNSUPPORTED', `${exchange.method} is not supported for this path`, {
      allow: allow.join(', '),
    })
  }
  await handler()
}

function handlersOf(store: Store, exchange: Exchange, route: ContentRoute): Readonly<Record<string, Handler>> {
  switch (route.kind) {
    case 'probe':
      return { GET: () => exchange.answerJson({}) }
    case 'blob':
      return {
        GET: () => sendBlob(store, exchange, route.name, route.digest),
        DELETE: () => deleteBlob(store, exchange, route.name, route.digest),
      }
    case 'uploads':
      return { POST: () => startUpload(store, exchange, route.name) }
    case 'upload':
      return {
        GET: () => describeUpload(store, exchange, route.name, route.id),
        PATCH: () => continueUpload(store, exchange, route.name, route.id),
        PUT: () => finishUpload(store, exchange, route.name, route.id),
        DELETE: () => cancelUpload(store, exchange, route.name, route.id),
      }
    case 'manifest':
      return {
        GET: () => sendManifest(store, exchange, route.name, route.reference),
        PUT: () => receiveManifest(store, exchange, route.name, route.reference),
        DELETE: () => deleteManifest(store, exchange, route.name, route.reference),
      }
    case 'tags':
      return { GET: () => listTags(store, exchange, route.name) }
    case 'referrers':
      return { GET: () => listReferrers(store, exchange, route.name, route.digest) }
  }
}
