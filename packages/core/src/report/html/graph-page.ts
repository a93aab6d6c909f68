import type { Picture } from '../graph/picture.js'
import { formatSvg } from '../graph/svg.js'
import { html, trusted } from './html.js'
import { formatPage } from './page.js'
import { table } from './table.js'

/** The picture as a self-contained page: the drawing and, for accessibility, a table. */
export async function formatGraphPage(picture: Picture): Promise<string> {
  const drawing = inlineSvg(await formatSvg(picture))
  const names = new Map(
    picture.nodes.map(({ id, label, pipeline }) => [id, [pipeline, label].filter(Boolean).join(' ')]),
  )
  const rows = picture.nodes.map(({ id, word = '', reason = '' }) => {
    const needs = picture.edges.filter(({ to }) => to === id).map(({ from }) => names.get(from))
    return html`<tr><th scope="row">${names.get(id)}</th><td>${word}</td><td>${reason}</td><td>${needs.join(', ')}</td></tr>\n`
  })
  const body = html`<h1>Dependencies${ofPipelines(picture)}</h1>
<p class="soft">Drawn by polyarch.${countsText(picture)}</p>
${fitControl}
<div class="picture scroll" tabindex="0" role="img" aria-label="The graph; the table below has the same content.">${trusted(drawing)}</div>
<h2>As a table</h2>
${table('The graph', ['Node', 'Plan', 'Reason', 'Made from'], rows)}`
  return formatPage('The graph of a build', body)
}

function ofPipelines({ nodes }: Picture): string {
  const names = [...new Set(nodes.flatMap(({ pipeline }) => pipeline ?? []))]
  return names.length === 0 || names.length > 4 ? '' : ` of ${names.join(', ')}`
}

/** Opens the drawing at the width of the page; without the check mark it has its own size, and scrolls. */
export const fitControl = html`<input type="checkbox" id="fit" class="fit" checked> <label for="fit">Fit the drawing to the width of the page</label>`

/** The legend with the number of nodes per state; empty if there is no plan. */
function countsText({ nodes }: Picture): string {
  const counts = new Map<string, number>()
  for (const { word } of nodes) if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1)
  if (counts.size === 0) return ''
  const counted = [...counts].map(([word, count]) => `${count} ${word}`).join(', ')
  return ` Colours show what a run would do, and so does the word in each box: ${counted}.`
}

/** Removes the XML declaration and doctype before the element. */
export function inlineSvg(svg: string): string {
  return svg.slice(svg.indexOf('<svg'))
}
