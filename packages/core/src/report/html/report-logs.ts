import type { StepRecord } from '../record/log-record.js'
import type { NodeRecord, RunRecord } from '../record/run-record.js'
import { type Html, html } from './html.js'

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
