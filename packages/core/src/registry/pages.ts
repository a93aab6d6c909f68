import { RegistryError } from '../model/errors.js'
import type { Connections, Place } from './connections.js'
import { discard, type HttpAnswer, listHeaderOf } from './http-message.js'
import { nextLink } from './link-header.js'
import type { RegistryCall } from './port.js'
import { redactUrl } from './redaction.js'
import { repositoryScope } from './scope.js'

/** In bytes, for one page. */
const MAX_PAGE = 16 * 1024 * 1024
const MAX_PAGES = 10_000

/** One page of a list. */
export interface Page {
  readonly answer: HttpAnswer
  readonly bytes: Buffer
}

/** By this a registry says that a list does not exist. */
const ABSENT: readonly number[] = [404]

/**
 * Reads a list that may come in pages, as far as the registry has it; nothing where the list does not exist.
 *
 * @param absent - The statuses that say so.
 * @throws RegistryError REGISTRY_REJECTED where a page is too large
 */
export async function* readPages(
  connections: Connections,
  place: Place,
  target: string,
  call: RegistryCall | undefined,
  absent = ABSENT,
): AsyncGenerator<Page> {
  let next: string | URL | undefined = target
  for (let count = 0; next !== undefined && count < MAX_PAGES; count += 1) {
    const page: Page | undefined = await readPage(connections, place, next, call, absent)
    if (page === undefined) return
    yield page
    next = followingUrl(place, page.answer)
  }
}

async function readPage(
  connections: Connections,
  place: Place,
  target: string | URL,
  call: RegistryCall | undefined,
  absent: readonly number[],
): Promise<Page | undefined> {
  const scopes = [repositoryScope(place.path, 'pull')]
  return connections.retrying(place, call, async () => {
    const answer = await connections.once(place, { method: 'GET', target, scopes, expect: [200, ...absent] }, call)
    if (answer.status !== 200) {
      await discard(answer)
      return undefined
    }
    const bytes = await place.session.read(answer, MAX_PAGE, call)
    if (bytes === undefined)
      throw badPage(answer, `has more than the ${MAX_PAGE} bytes that are read of a list at once`)
    return { answer, bytes }
  })
}

/** The JSON of a page. @throws RegistryError REGISTRY_REJECTED where it is none */
export function jsonOf({ bytes, answer }: Page): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch (cause) {
    throw badPage(answer, 'is not JSON', cause)
  }
}

/** A list that cannot be read. */
export function badPage({ url, status }: HttpAnswer, why: string, cause?: unknown): RegistryError {
  const exchange = { method: 'GET', url: redactUrl(url), status }
  return new RegistryError('REGISTRY_REJECTED', `the answer of ${exchange.url} ${why}`, { exchange, cause })
}

function followingUrl(place: Place, answer: HttpAnswer): URL | undefined {
  const target = nextLink(listHeaderOf(answer, 'link'))
  if (target === undefined || !URL.canParse(target, answer.url.href)) return undefined
  const url = new URL(target, answer.url)
  // Behind a proxy, registries write links with a scheme or host of their own: only the path is theirs to say.
  return new URL(url.pathname + url.search, place.endpoint.origin)
}
