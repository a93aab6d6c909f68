import { shortDigest } from '../../model/digest.js'
import { formatPlatform, type Platform } from '../../model/platform.js'
import { escapeLine } from '../escape.js'
import type { Report } from '../report.js'
import { alignColumns } from '../units.js'
import { formatTagChanges } from './report-text.js'

type TagChange = Report['tags'][number]

/** Referrers that were copied, and notes on others. */
interface CopiedText {
  readonly referrers?: readonly { readonly digest: string; readonly subject: string; readonly artifactType?: string }[]
  readonly notes?: readonly string[]
}

/** The part of what `promote(...)` returns that is shown. */
export interface PromotedText extends CopiedText, Pick<TagChange, 'reference' | 'from' | 'to'> {}

/** Names as text, and what was copied to other repositories with their images. */
export function formatPromoted(changes: readonly PromotedText[]): string {
  return formatTagChanges(changes) + copiedLines(changes)
}

/** The result of `copy(...)` as text. */
export function formatCopied(name: string, result: CopiedText & { readonly digest: TagChange['to'] }): string {
  return formatTagChanges([{ reference: name, to: result.digest }]) + copiedLines([result])
}

/** The part of what `assemble(...)` returns that is shown. */
export interface AssemblyText extends CopiedText {
  readonly digest: TagChange['to']
  readonly manifests: readonly { readonly digest: TagChange['to']; readonly platform?: Platform }[]
}

/** The result of `assemble(...)` as text: the name, and a line per image. */
export function formatAssembly(name: string, result: AssemblyText): string {
  const rows = result.manifests.map(({ digest, platform }) => [
    platform === undefined ? '-' : escapeLine(formatPlatform(platform)),
    shortDigest(digest),
  ])
  return formatTagChanges([{ reference: name, to: result.digest }]) + alignColumns(rows) + copiedLines([result])
}

function copiedLines(copied: readonly CopiedText[]): string {
  const artifacts = copied.flatMap(({ referrers = [] }) =>
    referrers.map(
      ({ digest, subject, artifactType }) =>
        `${escapeLine(`copied ${artifactType ?? 'artifact'} ${digest} of ${subject}`)}\n`,
    ),
  )
  const notes = copied.flatMap(({ notes: lines = [] }) => lines.map((note) => `note: ${escapeLine(note)}\n`))
  return [...new Set([...artifacts, ...notes])].join('')
}
