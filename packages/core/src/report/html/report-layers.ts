import type { NodeRecord, RunRecord } from '../record/run-record.js'
import { formatBytes } from '../units.js'
import { type Html, html } from './html.js'
import { table } from './table.js'

interface LayerRow {
  readonly digest: string
  readonly size: number
  readonly images: ReadonlySet<string>
}

/** Highest number of listed layers; the largest are listed. */
const MAX_ROWS = 100

/**
 * Lists the layers of all images, built or reused; a layer that several images share is listed once, with all of them.
 */
export function layerSection({ nodes }: RunRecord): Html {
  const images = nodes.filter(({ layers }) => layers !== undefined)
  if (images.length === 0) return html``
  const rows = layerRows(images).toSorted((a, b) => b.size - a.size)
  const all = rows.reduce((sum, { size }) => sum + size, 0)
  const more = rows.length > MAX_ROWS ? ` The ${MAX_ROWS} largest of ${rows.length} are listed.` : ''
  return html`<h2>Sizes of the images</h2>
<p class="soft">As compressed on the registry: ${formatBytes(all)} in all, what several images share counted once.${more}</p>
${table('Images', ['Image', ['Layers', 'number'], ['Size', 'number']], images.map(imageRow))}
${table(
  'Layers',
  ['Layer', ['Size', 'number'], 'In'],
  rows
    .slice(0, MAX_ROWS)
    .map(
      ({ digest, size, images: users }) =>
        html`<tr><th scope="row" class="mono">${digest}</th><td class="number">${formatBytes(size)}</td><td>${[...users].join(', ')}</td></tr>\n`,
    ),
)}`
}

function imageRow({ node, layers }: NodeRecord): Html {
  const blobs = layers === undefined ? [] : [layers.config, ...layers.layers]
  const size = blobs.reduce((sum, blob) => sum + blob.size, 0)
  return html`<tr><th scope="row">${node}</th><td class="number">${layers?.layers.length ?? 0}</td><td class="number">${formatBytes(size)}</td></tr>\n`
}

function layerRows(images: readonly NodeRecord[]): readonly LayerRow[] {
  const rows = new Map<string, LayerRow & { readonly images: Set<string> }>()
  for (const { node, layers } of images) {
    for (const { digest, size } of layers?.layers ?? []) {
      const row = rows.get(digest) ?? { digest, size, images: new Set<string>() }
      row.images.add(node)
      rows.set(digest, row)
    }
  }
  return [...rows.values()]
}
