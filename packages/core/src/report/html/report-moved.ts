import { formatPlatform } from '../../model/platform.js'
import type { MovedBlob, NodeRecord, RunRecord } from '../record/run-record.js'
import { formatBytes } from '../units.js'
import { type Html, html } from './html.js'
import { table } from './table.js'

interface MovedRow extends MovedBlob {
  readonly users: ReadonlySet<string>
}

/** Highest number of listed layers; the largest are listed. */
const MAX_ROWS = 100

const TRANSFER_LABELS: readonly (readonly [hows: readonly MovedBlob['how'][], text: string])[] = [
  [['upload', 'push'], 'up'],
  [['download', 'pull'], 'down'],
  [['mount'], 'mounted from other repositories of the registry'],
]

/** Lists the transferred layers; a layer that several platforms share is listed once, with all of them. */
export function movedSection({ nodes }: RunRecord): Html {
  const rows = movedRows(nodes).toSorted((a, b) => b.size - a.size)
  if (rows.length === 0) return html``
  const sizes = TRANSFER_LABELS.flatMap(([hows, text]) => {
    const size = rows.filter(({ how }) => hows.includes(how)).reduce((sum, row) => sum + row.size, 0)
    return size === 0 ? [] : [`${formatBytes(size)} ${text}`]
  })
  const more = rows.length > MAX_ROWS ? ` The ${MAX_ROWS} largest of ${rows.length} are listed.` : ''
  return html`<h2>Sizes of transfers</h2>
<p class="soft">${sizes.join(', ')}.${more}</p>
${table(
  'Transfers',
  ['Layer or config', 'How', ['Size', 'number'], 'For'],
  rows
    .slice(0, MAX_ROWS)
    .map(
      ({ name, how, size, users }) =>
        html`<tr><th scope="row" class="mono">${name}</th><td>${how}</td><td class="number">${formatBytes(size)}</td><td>${[...users].join(', ')}</td></tr>\n`,
    ),
)}`
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
