import { ATTESTATION_COLUMNS, attestationCells } from '../attestation-report.js'
import type { StepRecord } from '../record/log-record.js'
import type { NodeRecord, RunRecord } from '../record/run-record.js'
import { formatDuration } from '../units.js'
import { type Html, html } from './html.js'
import { table } from './table.js'

/** A table of the signature, statements and tests of each image and index. */
export function attestationSection({ attestations = [] }: RunRecord): Html {
  if (attestations.length === 0) return html``
  const rows = attestations.map((one) => {
    const cells = attestationCells(one).map((text) => html`<td>${text === '' ? 'none' : text}</td>`)
    return html`<tr><th scope="row">${one.node}</th>${cells}</tr>\n`
  })
  return html`<h2>Signatures, attestations and tests</h2>
${table('Signatures, attestations and tests', ['Image', ...ATTESTATION_COLUMNS], rows)}`
}

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

/** Shows the log of each node, folded; that of a failed node is open. */
export function logSection({ nodes }: RunRecord): Html {
  const logged = nodes.filter(({ steps }) => steps.length > 0)
  if (logged.length === 0) return html``
  return html`<h2>Output</h2>
${logged.map(nodeLog)}`
}

function nodeLog({ node, steps, outcome }: NodeRecord): Html {
  const isOpen = outcome === 'failed' ? html` open` : html``
  return html`<details${isOpen}><summary>${node} <span class="soft">${steps.length === 1 ? '1 step' : `${steps.length} steps`}</span></summary>
${steps.map(stepLog)}</details>
`
}

function stepLog({ name, status, log, dropped }: StepRecord): Html {
  const before = dropped > 0 ? [`… ${dropped} earlier lines omitted`] : []
  const text = [...before, ...log].join('\n')
  const style = status === 'failed' ? 'bad' : 'soft'
  return html`<p class="mono">${name} <span class="state ${style}">${status}</span></p>
${text === '' ? html`` : html`<pre tabindex="0">${text}</pre>\n`}`
}
