import { escapeLine } from '../escape.js'
import { alignColumns } from '../units.js'

/** The printed part of the result of `prune(...)`. */
export interface PruneText {
  readonly reference: string
  readonly why: string
  readonly outcome: 'listed' | 'deleted' | 'kept' | 'recent'
  readonly because?: string
}

const WHY: Readonly<Record<string, string>> = {
  unlisted: 'no index lists it',
  unchecked: 'pushed by a builder, and not listed',
  'unused-record': 'its images no longer exist',
  referrer: 'refers to an image that is not needed',
  'unused-cache': 'a build cache that no pipeline uses',
}

/** Formats unneeded key tags with their outcome. */
export function formatPruned(tags: readonly PruneText[]): string {
  const rows = tags.map(({ reference, why, outcome, because }) => [
    outcome,
    reference,
    escapeLine(because ?? WHY[why] ?? why),
  ])
  return alignColumns(rows) + summary(tags)
}

/** The note that untagged indexes were not found: registries list tags only. */
function untaggedNote(tags: readonly PruneText[]): string {
  if (!tags.some(({ why, outcome }) => why === 'unlisted' && outcome === 'listed')) return ''
  return 'an index that is known by its digest alone is not seen: --keep <name>@<digest> keeps it, and what it lists\n'
}

function summary(tags: readonly PruneText[]): string {
  const found = tags.filter(({ why }) => why !== 'unreadable')
  if (found.length === 0) return 'no unneeded key tags\n'
  const count = (outcome: PruneText['outcome']) => found.filter((one) => one.outcome === outcome).length
  const [listed, deleted, kept, recent] = [count('listed'), count('deleted'), count('kept'), count('recent')]
  const younger = recent === 0 ? '' : `${recent} kept as recent; --older-than <duration> changes the bound\n`
  if (listed > 0) return `${listed} not needed; use --delete to delete them\n${younger}${untaggedNote(tags)}`
  return `${deleted} deleted${kept === 0 ? '' : `, ${kept} not deleted by the registry`}\n${younger}`
}
