import { suggest } from '../../definition/issues.js'
import type { Graph, Node } from '../../graph/node.js'
import { DefinitionError } from '../../model/errors.js'
import { parsePlatform, platformIdentity } from '../../model/platform.js'
import type { PlanOptions } from '../options.js'

/**
 * Reads which images are to be built even where they are in the registry.
 *
 * @throws DefinitionError USAGE where a word names nothing of the graph.
 */
export function readForced({ reuse = true, rebuild = [] }: PlanOptions, { nodes }: Graph): (node: Node) => boolean {
  const images = nodes.filter((node) => node.kind === 'image')
  const words = images.map((node) => [node.id, node.pipeline, platformIdentity(node.platform)])
  for (const written of rebuild) {
    if (words.some((own) => own.some((word) => meanings(written).includes(word)))) continue
    const known = [...new Set(words.flat())]
    const message = `'${written}' is not an image, pipeline or platform of this file`
    throw new DefinitionError([{ path: '--rebuild', message, hint: suggest(written, known) }], 'USAGE')
  }
  const wanted = new Set(rebuild.flatMap(meanings))
  const force = images.filter(
    (node, at) => !reuse || !node.build.reuse || words[at]?.some((word) => wanted.has(word)) === true,
  )
  const ids = new Set(force.map(({ id }) => id))
  return ({ id }) => ids.has(id)
}

/** A word as it is and, since platforms may be written as people write them, as a platform. */
function meanings(written: string): readonly string[] {
  const platform = parsePlatform(written)
  return platform === undefined ? [written] : [written, platformIdentity(platform)]
}
