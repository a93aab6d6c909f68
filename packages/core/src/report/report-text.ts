import { formatPlatform } from '../model/platform.js'
import { codeText, isAsDeclared, withoutControls } from './plain-words.js'
import type { NodeReport, Report } from './report.js'
import { alignColumns, formatDuration } from './units.js'

/** A report as text: what was made or found, and every name with what it points to now. */
export function formatReport(report: Report): string {
  const results = report.nodes.filter(({ reference }) => reference !== undefined)
  const notes = report.notes.map((note) => `note: ${note}\n`).join('')
  const lost = [...report.nodes.map(lostLine), ...report.nodes.map(codeLine)].join('')
  const parts = [alignColumns(results.map(resultRow)), formatTagChanges(report.tags), lost + notes]
  return withoutControls(parts.filter((part) => part !== '').join('\n'))
}

function resultRow({ pipeline, kind, platform, outcome, reference = '', duration }: NodeReport): readonly string[] {
  const what = platform === undefined ? kind.replace('-', ' ') : `${kind}(${formatPlatform(platform)})`
  const took = outcome === 'made' && duration !== undefined ? `made in ${formatDuration(duration)}` : outcome
  return [pipeline, what, took, reference]
}

function tagRow({ reference, from, to }: Report['tags'][number]): readonly string[] {
  return [reference, from === to ? 'unchanged' : 'now', to]
}

/** What the names were published without. */
function lostLine({ node, outcome, error }: NodeReport): string {
  return outcome === 'failed' ? `without ${node}: ${error?.message ?? 'it failed'}\n` : ''
}

/** What the machine code could not confirm. */
function codeLine({ node, code }: NodeReport): string {
  return code === undefined || isAsDeclared(code) ? '' : `note: ${node}: ${codeText(code)}\n`
}

/** Names as text, each with what it points to now. */
export function formatTagChanges(changes: Report['tags']): string {
  return alignColumns(changes.map(tagRow))
}

/** The part of what `promote(...)` returns that is shown. */
export interface PromotedText extends Pick<Report['tags'][number], 'reference' | 'from' | 'to'> {
  readonly referrers?: readonly { readonly digest: string; readonly subject: string; readonly artifactType?: string }[]
  readonly notes?: readonly string[]
}

/** Names as text, and what was copied to other repositories with their images. */
export function formatPromoted(changes: readonly PromotedText[]): string {
  const once = (lines: readonly string[]) => [...new Set(lines)].join('')
  const referrers = changes.flatMap(({ referrers = [] }) =>
    referrers.map(
      ({ digest, subject, artifactType }) => `copied ${artifactType ?? 'artifact'} ${digest} of ${subject}\n`,
    ),
  )
  const notes = changes.flatMap(({ notes = [] }) => notes.map((note) => `note: ${note}\n`))
  return withoutControls(formatTagChanges(changes) + once(referrers) + once(notes))
}
