import { suggest } from '../../definition/issues.js'
import type { Graph, Node } from '../../graph/node.js'
import { DefinitionError } from '../../model/errors.js'
import { parsePlatform, platformIdentity } from '../../model/platform.js'
import type { PlanOptions } from '../options.js'

/**
 * Reads which images to build and which tests to run even if their results exist.
 *
 * @throws DefinitionError USAGE if a value matches nothing in the graph.
 */
export function readForced({ reuse = true, rebuild = [] }: PlanOptions, { nodes }: Graph): (node: Node) => boolean {
  const chosen = nodes.filter((node) => node.kind === 'image' || node.kind === 'test')
  const words = chosen.map(({ id, kind, pipeline, platform }) =>
    kind === 'test' ? [id] : [id, pipeline, platformIdentity(platform)],
  )
  for (const written of rebuild) {
    if (words.some((own) => own.some((word) => meanings(written).includes(word)))) continue
    const known = [...new Set(words.flat())]
    const message = `'${written}' is not an image, test, pipeline or platform of this file`
    throw new DefinitionError([{ path: '--rebuild', message, hint: suggest(written, known) }], 'USAGE')
  }
  const forced = new Set(rebuild.flatMap(meanings))
  const isReused = (node: (typeof chosen)[number]) => reuse && (node.kind === 'test' || node.build.reuse)
  const force = chosen.filter((node, at) => !isReused(node) || words[at]?.some((word) => forced.has(word)) === true)
  const ids = new Set(force.map(({ id }) => id))
  return ({ id }) => ids.has(id)
}

/** A value as written and, if it is a platform, in normal form. */
function meanings(written: string): readonly string[] {
  const platform = parsePlatform(written)
  return platform === undefined ? [written] : [written, platformIdentity(platform)]
}
