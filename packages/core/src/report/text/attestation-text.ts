import { formatPlatform } from '../../model/platform.js'
import { ATTESTATION_COLUMNS, type AttestationReport, attestationCells } from '../attestation-report.js'
import { alignColumns } from '../units.js'

/** A table of the signature, statements and tests of each image; empty columns are omitted. */
export function formatAttestations(reports: readonly AttestationReport[]): string {
  if (reports.length === 0) return ''
  const cells = reports.map(attestationCells)
  const shown = ATTESTATION_COLUMNS.map((_, at) => at).filter((at) => cells.some((row) => row[at] !== ''))
  const rows = reports.map((one, at) => [nameOf(one), ...shown.map((column) => cells[at]?.[column] || 'none')])
  return alignColumns([['attested', ...shown.map((at) => ATTESTATION_COLUMNS[at] ?? '')].map(lowerCase), ...rows])
}

function nameOf({ pipeline, kind, platform }: AttestationReport): string {
  return `${pipeline} ${kind}${platform === undefined ? '' : `(${formatPlatform(platform)})`}`
}

function lowerCase(title: string): string {
  return title === 'SBOM' ? title : title.toLowerCase()
}
