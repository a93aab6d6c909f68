import type { ImageNode } from '../../graph/node.js'
import { RegistryError } from '../../model/errors.js'
import { formatPlatform } from '../../model/platform.js'
import { formatReference } from '../../model/reference.js'
import type { NodeState } from '../../plan/evaluate.js'
import type { Planned } from '../../plan/planning.js'
import { keyReference } from '../../steps/key.js'

/**
 * Refuses to go on where images would have to be built that have to be built elsewhere. Optional ones may be missing.
 *
 * @throws RegistryError PLATFORM_MISSING with all of them, and the key tags that this definition demands.
 */
export function refuseMissingImages({ nodes }: Planned): void {
  const missing = [...nodes.values()].flatMap((one) =>
    one.required && one.node.kind === 'image' && !one.node.optional ? [{ ...one, node: one.node }] : [],
  )
  if (missing.length === 0) return
  const platforms = [...new Set(missing.map(({ node }) => formatPlatform(node.platform)))]
  throw new RegistryError('PLATFORM_MISSING', `missing images: ${missing.map(whatIsMissing).join('; ')}`, {
    hint: `build them from the same files on suitable machines: ${platforms.map((one) => `--only ${one}`).join(', ')}`,
  })
}

function whatIsMissing({ node, resolved, keyed }: NodeState & { readonly node: ImageNode }): string {
  const where = keyed === undefined ? `known after ${resolved.decidedBy.join(', ')}` : keyName(node, keyed.key)
  return `${node.id} (${where})`
}

function keyName({ repository }: ImageNode, key: string): string {
  return formatReference(keyReference(repository, key))
}
