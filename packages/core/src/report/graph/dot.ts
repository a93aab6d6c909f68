import { escapeLine } from '../escape.js'
import { COLOURS, groupsOf, linesOf, SHAPES } from './look.js'
import type { Picture, PictureNode } from './picture.js'

/**
 * The picture in Graphviz's language. Edges lead from a node to its needs, with reversed arrowheads and from right to
 * left, so that the first nodes are at the upper left.
 *
 * @see https://graphviz.org/doc/info/lang.html
 */
export function formatDot({ nodes, edges }: Picture): string {
  const ids = new Map(nodes.map(({ id }, at) => [id, `n${at}`]))
  const drawn = (node: PictureNode) => `${ids.get(node.id)} [${attributesOf(node)}];`
  const { pipelines, others } = groupsOf(nodes)
  const clusters = pipelines
    .toReversed()
    .flatMap(([pipeline, members], at) => [
      `  subgraph cluster_${at} {`,
      `    label=${quoted(pipeline)}; style="rounded"; color="#8a94a6"; fontname="Helvetica"; fontsize=13;`,
      ...members.toReversed().map((node) => `    ${drawn(node)}`),
      '  }',
    ])
  return [
    'digraph polyarch {',
    '  rankdir=RL; bgcolor="white"; nodesep=0.15; ranksep=0.3;',
    '  node [fontname="Helvetica" fontsize=11 style="filled,rounded" shape=box margin="0.2,0.06" height=0.3];',
    '  edge [dir=back color="#6b7280" arrowsize=0.6];',
    ...clusters,
    ...others.map((node) => `  ${drawn(node)}`),
    ...edges.toReversed().map(({ from, to }) => `  ${ids.get(to)} -> ${ids.get(from)};`),
    '}',
    '',
  ].join('\n')
}

function attributesOf(node: PictureNode): string {
  const { fill, line } = COLOURS[node.state]
  const tooltip = [node.id, node.word, node.reason].filter((part) => part !== undefined).join(': ')
  return [
    `label=${quoted(...linesOf(node).flatMap(broken))}`,
    `tooltip=${quoted(tooltip)}`,
    `shape=${SHAPES[node.kind].dot}`,
    `fillcolor="${fill}"`,
    `color="${line}"`,
    'fontcolor="#111827"',
  ].join(' ')
}

/** Longest line in a box, in characters: wide pictures are shown small in pages. */
const MAX_LINE = 15

/** Breaks a name before its last part, and the text of a platform before that: `docker.io/library/` `ubuntu:24.04`. */
function broken(line: string): readonly string[] {
  const at = line.lastIndexOf(' ') + 1 || line.lastIndexOf('/') + 1
  return line.length > MAX_LINE && at > 0 ? [line.slice(0, at).trimEnd(), line.slice(at)] : [line]
}

/** Lines as a string in DOT, where a backslash starts an escape. */
function quoted(...lines: readonly string[]): string {
  const escaped = lines.map((line) => escapeLine(line).replaceAll('\\', '\\\\').replaceAll('"', '\\"'))
  return `"${escaped.join('\\n')}"`
}
