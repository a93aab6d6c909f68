import type { NodeRecord, RunRecord } from '../record/run-record.js'
import { formatDuration } from '../units.js'
import { type Html, html } from './html.js'
import { table } from './table.js'

/** A timeline of the nodes with the critical path. */
export function timelineSection({ nodes, startedAt, endedAt }: RunRecord): Html {
  const timed = nodes.filter((node) => node.startedAt !== undefined && node.endedAt !== undefined)
  if (timed.length === 0 || startedAt === undefined || endedAt === undefined) return html``
  const length = Math.max(1, endedAt - startedAt)
  const rows = timed
    .toSorted((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0))
    .map((node) => row(node, startedAt, length))
  return html`<h2>Timeline</h2>
<p class="soft">From the start of the run to its end. The critical path, marked with ▶, is what made the run as long as it was.</p>
${table('Timeline', ['Node', ['When', 'track'], ['From', 'number'], ['Took', 'number']], rows, 'timeline')}`
}

function row({ node, startedAt = 0, endedAt = 0, isCritical }: NodeRecord, start: number, length: number): Html {
  const left = (((startedAt - start) / length) * 100).toFixed(2)
  const width = (((endedAt - startedAt) / length) * 100).toFixed(2)
  const mark = isCritical ? html`<span title="on the critical path">▶</span> ` : html``
  return html`<tr><th scope="row">${mark}${node}</th><td class="track"><div class="lane"><span class="${isCritical ? 'critical' : ''}" style="left:${left}%;width:${width}%"></span></div></td><td class="number">${formatDuration(startedAt - start)}</td><td class="number">${formatDuration(endedAt - startedAt)}</td></tr>\n`
}
