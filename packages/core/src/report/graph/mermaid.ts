import { escapeLine } from '../escape.js'
import { COLOURS, groupsOf, linesOf, SHAPES } from './look.js'
import type { Picture, PictureNode } from './picture.js'

/** The picture in Mermaid's language, as GitHub and GitLab draw it in Markdown. @see https://mermaid.js.org/syntax/flowchart.html */
export function formatMermaid({ nodes, edges }: Picture): string {
  const ids = new Map(nodes.map(({ id }, at) => [id, `n${at}`]))
  const drawn = (node: PictureNode) => {
    const [open, close] = SHAPES[node.kind].mermaid
    return `${ids.get(node.id)}${open}"${linesOf(node).map(escaped).join('<br>')}"${close}:::${node.state}`
  }
  const { pipelines, others } = groupsOf(nodes)
  const groups = pipelines.flatMap(([pipeline, members], at) => [
    `  subgraph p${at}["${escaped(pipeline)}"]`,
    ...members.map((node) => `    ${drawn(node)}`),
    '  end',
  ])
  const classes = Object.entries(COLOURS).map(
    ([state, { fill, line }]) => `  classDef ${state} fill:${fill},stroke:${line},color:#111827`,
  )
  return [
    'flowchart LR',
    ...groups,
    ...others.map((node) => `  ${drawn(node)}`),
    ...edges.map(({ from, to }) => `  ${ids.get(from)} --> ${ids.get(to)}`),
    ...classes,
    '',
  ].join('\n')
}

/** Mermaid has no escapes but these; `#` starts them. */
function escaped(text: string): string {
  return escapeLine(text).replace(/[#"<>&`\\]/g, (character) => `#${character.codePointAt(0)};`)
}
