import { formatReference } from '../model/reference.js'
import { shownLocation } from '../model/shown-location.js'
import type { Node } from './node.js'

/** What a base is made from, as people call it; undefined for a node that is no base. */
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
