import { shortDigest } from '../../model/digest.js'
import { formatPlatform } from '../../model/platform.js'
import { ATTESTATION_COLUMNS, type AttestationReport, attestationCells } from '../attestation-report.js'
import { escapeLine, escapeText } from '../escape.js'
import { codeText, isAsDeclared, outcomeLabel, readBackText } from '../event-text.js'
import type { NodeReport, Report } from '../report.js'
import { alignColumns, formatDuration } from '../units.js'

/** Formats a report: every result, and every name with its digest. */
export function formatReport(report: Report): string {
  const results = report.nodes.filter(({ reference }) => reference !== undefined)
  const notes = report.notes.map((note) => `note: ${note}\n`).join('')
  const verified = (report.readBack ?? []).map((one) => `${one.node}: ${readBackText(one)}\n`).join('')
  const lost = [...report.nodes.map(removedPlatformLine), ...report.nodes.map(codeLine)].join('')
  const names = report.tags.length > 0 ? formatTagChanges(report.tags) : formatImages(results)
  const parts = [formatResults(results), names, formatAttestations(report.attestations ?? []), lost + verified + notes]
  return escapeText(parts.filter((part) => part !== '').join('\n'))
}

/** Width of a common terminal. */
const COLUMNS = 80

/** Shortens names and digests; the digests of names follow in full. */
function formatResults(nodes: readonly NodeReport[]): string {
  const rows = nodes.map(resultRow)
  const width = (at: number) => Math.max(...rows.map((row) => row[at]?.length ?? 0))
  const others = [1, 2, 3].reduce((sum, at) => sum + SEPARATOR + width(at), 0)
  return alignColumns(rows.map(([pipeline = '', ...rest]) => [elided(pipeline, COLUMNS - others), ...rest]))
}

const SEPARATOR = 2
const SHORTEST_NAME = 8

/** Shortens a name to a number of characters. Its end is kept, since names often share the host. */
function elided(name: string, given: number): string {
  const room = Math.max(SHORTEST_NAME, given)
  return name.length <= room ? name : `…${name.slice(1 - room)}`
}

function resultRow(node: NodeReport): readonly string[] {
  const { pipeline, kind, platform, test, outcome, digest, duration } = node
  const of = [platform && formatPlatform(platform), test].filter((part) => part !== undefined).join(': ')
  const what = of === '' ? kind.replace('-', ' ') : `${kind}(${of})`
  const word = outcomeLabel(node)
  const time = outcome === 'made' && duration !== undefined ? `${word} in ${formatDuration(duration)}` : word
  return [pipeline, what, time, digest === undefined ? '' : shortDigest(digest)]
}

/** The line for a platform that was not published. */
function removedPlatformLine({ node, outcome, error }: NodeReport): string {
  return outcome === 'failed' ? `without ${node}: ${error?.message ?? 'it failed'}\n` : ''
}

/** The line for machine code that could not be verified. */
function codeLine({ node, code }: NodeReport): string {
  return code === undefined || isAsDeclared(code) ? '' : `note: ${node}: ${codeText(code)}\n`
}

/** Lists the images of a run without names, such as one with `--only`. */
function formatImages(nodes: readonly NodeReport[]): string {
  return nodes
    .filter(({ kind }) => kind === 'image')
    .map(({ reference = '' }) => `${escapeLine(reference).replace('@', '\n  ')}\n`)
    .join('')
}

/** Formats names, with their digest on a separate line that fits 80 columns. */
export function formatTagChanges(changes: Report['tags']): string {
  const digests = [...new Set(changes.map(({ to }) => to))]
  return digests
    .map((digest) => {
      const names = changes.filter(({ to }) => to === digest)
      const rows = names.map(({ reference, from, to }) => [reference, from === to ? 'unchanged' : 'now'])
      return `${alignColumns(rows)}  ${escapeLine(digest)}\n`
    })
    .join('')
}

/** A table of the signature, statements and tests of each image; empty columns are omitted. */
function formatAttestations(reports: readonly AttestationReport[]): string {
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
