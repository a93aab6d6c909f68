import { isTag, type Repository } from '../model/reference.js'
import type { Connections } from './connections/connections.js'
import { badPage, jsonOf, readPages } from './connections/pages.js'
import type { RegistryCall } from './port.js'

const PAGE_SIZE = 1000

/** All tags of a repository, in the registry's order. */
export async function listTags(
  connections: Connections,
  repository: Repository,
  call?: RegistryCall,
): Promise<readonly string[]> {
  const place = connections.origin(repository)
  const tags = new Set<string>()
  for await (const page of readPages(connections, place, { target: `${place.path}/tags/list?n=${PAGE_SIZE}` }, call)) {
    const before = tags.size
    const listed = tagsOf(jsonOf(page))
    if (listed === undefined) throw badPage(page.answer, 'is not a list of tags')
    for (const tag of listed) tags.add(tag)
    // A registry may ignore the cursor and return the same page under another URL. An empty page does not end the list:
    // its tags may have been deleted or filtered.
    if (listed.length > 0 && tags.size === before) break
  }
  return [...tags]
}

/** An empty repository has `null` in place of a list on some registries. */
function tagsOf(json: unknown): readonly string[] | undefined {
  if (typeof json !== 'object' || json === null || !('tags' in json)) return undefined
  if (json.tags === null) return []
  return Array.isArray(json.tags)
    ? json.tags.filter((tag): tag is string => typeof tag === 'string' && isTag(tag))
    : undefined
}
