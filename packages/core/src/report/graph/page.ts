import { html, trusted } from '../html/html.js'
import { formatPage } from '../html/page.js'
import type { Picture } from './picture.js'
import { formatSvg } from './svg.js'

/** The picture as a page that needs nothing else: the drawing, and the same as a table for those who cannot see it. */
export async function formatGraphPage(picture: Picture): Promise<string> {
  const drawing = inlineSvg(await formatSvg(picture))
  const names = new Map(
    picture.nodes.map(({ id, label, pipeline }) => [id, [pipeline, label].filter(Boolean).join(' ')]),
  )
  const rows = picture.nodes.map(({ id, word = '', reason = '' }) => {
    const needs = picture.edges.filter(({ to }) => to === id).map(({ from }) => names.get(from))
    return html`<tr><th scope="row">${names.get(id)}</th><td>${word}</td><td>${reason}</td><td>${needs.join(', ')}</td></tr>\n`
  })
  const body = html`<h1>What depends on what</h1>
<p class="soft">Drawn by polyarch. Colours say what a run would do; the word in each box says it too.</p>
<div class="picture scroll" tabindex="0" role="img" aria-label="The graph; the table below says the same.">${trusted(drawing)}</div>
<h2>The same as a table</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">What</th><th scope="col">Plan</th><th scope="col">Why</th><th scope="col">Made from</th></tr></thead>
<tbody>
${rows}</tbody></table></div>`
  return formatPage('The graph of a build', body)
}

/** Without what stands before the element: a page has its own. */
export function inlineSvg(svg: string): string {
  return svg.slice(svg.indexOf('<svg'))
}
