import { type ImageNode, needsBuilder } from '../../graph/node.js'
import { RegistryError } from '../../model/errors.js'
import { formatPlatform } from '../../model/platform.js'
import { formatReference } from '../../model/reference.js'
import type { NodeState } from '../../plan/evaluate.js'
import type { Planned } from '../../plan/planning.js'
import { keyReference } from '../../steps/key.js'

/**
 * Rejects a run without builds if images have not been built and tested on other machines. Optional ones may be
 * missing.
 *
 * @throws RegistryError PLATFORM_MISSING with all of them, and the key tags that this definition requires.
 */
export function refuseMissingImages({ nodes }: Planned): void {
  const required = [...nodes.values()].filter((one) => one.required)
  const missing = required.flatMap((one) =>
    one.node.kind === 'image' && !one.node.optional ? [{ ...one, node: one.node }] : [],
  )
  if (missing.length > 0) {
    const hint = `build them from the same files on suitable machines: ${only(missing.map(({ node }) => node))}`
    throw new RegistryError('PLATFORM_MISSING', `missing images: ${missing.map(whatIsMissing).join('; ')}`, { hint })
  }
  const untested = required.flatMap(({ node }) =>
    needsBuilder(node) && node.kind === 'test' && !node.optional ? [node] : [],
  )
  if (untested.length === 0) return
  const hint = `run them on suitable machines: ${only(untested)}; a function needs a version, so that its result is kept`
  throw new RegistryError(
    'PLATFORM_MISSING',
    `tests that have not passed: ${untested.map(({ id }) => id).join('; ')}`,
    {
      hint,
    },
  )
}

function only(nodes: readonly Pick<ImageNode, 'platform'>[]): string {
  return [...new Set(nodes.map(({ platform }) => `--only ${formatPlatform(platform)}`))].join(', ')
}

function whatIsMissing({ node, resolved, keyed }: NodeState & { readonly node: ImageNode }): string {
  const where = keyed === undefined ? `known after ${resolved.decidedBy.join(', ')}` : keyName(node, keyed.key)
  return `${node.id} (${where})`
}

function keyName({ repository }: ImageNode, key: string): string {
  return formatReference(keyReference(repository, key))
}
