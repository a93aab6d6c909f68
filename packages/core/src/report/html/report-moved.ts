import { formatPlatform } from '../../model/platform.js'
import type { MovedBlob, NodeRecord, RunRecord } from '../record/run-record.js'
import { formatBytes } from '../units.js'
import { type Html, html } from './html.js'

interface MovedRow extends MovedBlob {
  readonly users: ReadonlySet<string>
}

/** How many layers are listed: the largest say most. */
const MAX_ROWS = 100

/** What moved, layer by layer: one that several platforms share once, with all of them. */
export function movedSection({ nodes }: RunRecord): Html {
  const rows = movedRows(nodes).toSorted((a, b) => b.size - a.size)
  if (rows.length === 0) return html``
  const total = (hows: readonly MovedBlob['how'][]) =>
    formatBytes(rows.filter(({ how }) => hows.includes(how)).reduce((sum, { size }) => sum + size, 0))
  const more = rows.length > MAX_ROWS ? ` The ${MAX_ROWS} largest of ${rows.length} are listed.` : ''
  return html`<h2>Sizes of what moved</h2>
<p class="soft">${total(['upload', 'push'])} up, ${total(['download', 'pull'])} down, ${total(['mount'])} taken over on the registry.${more}</p>
<div class="scroll"><table><thead><tr><th scope="col">Layer or config</th><th scope="col">How</th><th scope="col" class="number">Size</th><th scope="col">For</th></tr></thead>
<tbody>
${rows.slice(0, MAX_ROWS).map(({ name, how, size, users }) => html`<tr><th scope="row" class="mono">${name}</th><td>${how}</td><td class="number">${formatBytes(size)}</td><td>${[...users].join(', ')}</td></tr>\n`)}</tbody></table></div>`
}

function movedRows(nodes: readonly NodeRecord[]): readonly MovedRow[] {
  const rows = new Map<string, MovedRow & { readonly users: Set<string> }>()
  for (const { moved, platform, node } of nodes) {
    for (const blob of moved) {
      const key = `${blob.how} ${blob.name}`
      const row = rows.get(key) ?? { ...blob, users: new Set<string>() }
      row.users.add(platform === undefined ? node : formatPlatform(platform))
      rows.set(key, { ...row, size: Math.max(row.size, blob.size) })
    }
  }
  return [...rows.values()]
}
