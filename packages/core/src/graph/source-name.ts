import { formatReference } from '../model/reference.js'
import type { Node } from './node.js'

/** Returns the source of a base in the user's terms; undefined for any other node. */
export function sourceName(node: Node): string | undefined {
  if (node.kind !== 'base') return undefined
  const { source } = node
  switch (source.kind) {
    case 'registry':
      return formatReference(source.reference)
    case 'made':
      return source.by.describe(source.source)
    case 'pipeline':
      return source.writtenRepository
  }
}
