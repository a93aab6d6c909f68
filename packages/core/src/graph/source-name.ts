import { formatReference } from '../model/reference.js'
import { shownLocation } from '../model/shown-location.js'
import type { Node } from './node.js'

/** Returns the source of a base in the user's terms; undefined for any other node. */
export function sourceName(node: Node): string | undefined {
  if (node.kind !== 'base') return undefined
  const { source } = node
  switch (source.kind) {
    case 'registry':
      return formatReference(source.reference)
    case 'apt':
      return `${source.distribution} ${source.suite} ${source.architecture} (packages)`
    case 'rootfs':
      return shownLocation(source.location)
    case 'pipeline':
      return source.writtenRepository
  }
}
