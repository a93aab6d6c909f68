import { RegistryError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import { LIMITS } from '../../model/limits.js'
import { repositoryScope } from '../auth/scope.js'
import { discard, encodingNote, type HttpAnswer, listHeaderOf } from '../http/http-message.js'
import { nextLink } from '../http/link-header.js'
import { redactUrl } from '../http/redaction.js'
import type { RegistryCall } from '../port.js'
import type { Connections, RepositoryEndpoint } from './connections.js'

/** One page of a list. */
export interface Page {
  readonly answer: HttpAnswer
  readonly bytes: Buffer
}

/** A paginated list. */
export interface List<Target = string> {
  readonly target: Target
  /** The statuses that mean that the list does not exist; 404 by default. */
  readonly absent?: readonly number[]
}

/**
 * Reads a paginated list to its end; yields nothing if the list does not exist.
 * The last page has no link to a next page, or links to a page already read: a registry that ignores the cursor would
 * return pages for ever.
 *
 * @throws RegistryError REGISTRY_REJECTED if a page or the whole list is too large: a partial list is never returned
 */
export async function* readPages(
  connections: Connections,
  place: RepositoryEndpoint,
  { target, absent = [404] }: List,
  call: RegistryCall | undefined,
): AsyncGenerator<Page> {
  const requested = new Set<string>()
  let size = 0
  for (let next: URL | undefined = place.session.urlOf(target); next && !requested.has(next.href); ) {
    requested.add(next.href)
    const page: Page | undefined = await readPage(connections, place, { target: next, absent }, call)
    if (page === undefined) return
    size += page.bytes.byteLength
    if (size > LIMITS.list) throw badPage(page.answer, `exceeds the limit of ${LIMITS.list} bytes for a list`)
    yield page
    next = followingUrl(place, page.answer)
    if (requested.size === LIMITS.pages && next)
      throw badPage(page.answer, `is page ${LIMITS.pages}, the limit, and not the last one`)
  }
}

async function readPage(
  connections: Connections,
  place: RepositoryEndpoint,
  { target, absent }: Required<List<URL>>,
  call: RegistryCall | undefined,
): Promise<Page | undefined> {
  const scopes = [repositoryScope(place.path, 'pull')]
  return connections.retrying(place, call, async () => {
    const answer = await connections.once(place, { method: 'GET', target, scopes, expect: [200, ...absent] }, call)
    if (answer.status !== 200) {
      await discard(answer)
      return undefined
    }
    const bytes = await place.session.read(answer, LIMITS.page, call)
    if (bytes === undefined) throw badPage(answer, `exceeds the limit of ${LIMITS.page} bytes for a page`)
    return { answer, bytes }
  })
}

/** The JSON of a page. @throws RegistryError REGISTRY_REJECTED if it is none */
export function jsonOf({ bytes, answer }: Page): unknown {
  try {
    return parseJson(bytes.toString())
  } catch (cause) {
    throw badPage(answer, `is not JSON${encodingNote(answer)}`, cause)
  }
}

/** A list that cannot be read. */
export function badPage({ url, status }: HttpAnswer, why: string, cause?: unknown): RegistryError {
  const exchange = { method: 'GET', url: redactUrl(url), status }
  return new RegistryError('REGISTRY_REJECTED', `the answer of ${exchange.url} ${why}`, { exchange, cause })
}

function followingUrl(place: RepositoryEndpoint, answer: HttpAnswer): URL | undefined {
  const target = nextLink(listHeaderOf(answer, 'link'))
  if (target === undefined || !URL.canParse(target, answer.url.href)) return undefined
  const url = new URL(target, answer.url)
  // Behind a proxy, links may have an internal scheme or host, so only the path is used.
  return new URL(url.pathname + url.search, place.endpoint.origin)
}
