import { ATTESTATION_COLUMNS, attestationCells } from '../attestation-report.js'
import type { RunRecord } from '../record/run-record.js'
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
