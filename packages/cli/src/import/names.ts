import { DefinitionError } from '@polyarch/core'
import { parseReference } from '@polyarch/core/registry'

/** A name of an image in parts: repository with host, and tag. */
export interface ImageName {
  readonly repository: string
  readonly tag: string
}

/** Reads the name of an image; without a host it is one of Docker Hub. Returns undefined for other text. */
export function readImageName(text: string): ImageName | undefined {
  const reference = parseReference(text)
  if (reference === undefined || reference.digest !== undefined) return undefined
  return { repository: `${reference.registry}/${reference.repository}`, tag: reference.tag ?? 'latest' }
}

/** A repository, and the tags in it; other names are kept whole. */
export interface PublishedNames {
  readonly repository: string
  readonly tags: readonly string[]
}

/** Splits names into the repository of the first and tags; undefined if there is no valid name. */
export function publishedNames(names: readonly string[]): PublishedNames | undefined {
  const [first] = names.flatMap((name) => readImageName(name) ?? [])
  if (first === undefined) return undefined
  const { repository } = first
  const tags = names.flatMap((name) => {
    const read = readImageName(name)
    if (read === undefined) return []
    return [read.repository === repository ? read.tag : `${read.repository}:${read.tag}`]
  })
  return { repository, tags: [...new Set(tags)] }
}

/** The issue of a file that cannot be imported. */
export function unreadable(path: string, message: string, hint: string): DefinitionError {
  return new DefinitionError([{ path, message, hint }], 'USAGE')
}
