import type { ContextEntry } from '../../../context/context-file.js'
import type { ChangedPath } from '../../../model/run/plan-reason.js'
import { alignChecks } from '../../align-checks.js'
import { checkEntries, checkLines, type EntryCheck, isDirectoryCheck } from './context-checks.js'
import type { ContextRecord, RecordedContext } from './context-record.js'

/** Highest number of paths in a reason. */
const NAMED_PATHS = 5

/** Differences between a context and the record of a previous one. */
export interface ContextDifference {
  readonly paths: readonly ChangedPath[]
  /** Undefined if the contexts differ too much. */
  readonly changed?: number
  readonly removed?: number
  /** First line of the Dockerfile that differs, from 1. */
  readonly line?: number
}

/** Compares a context with the record of a previous one. Added and removed directories are reported by their files. */
export function compareWithRecord(
  { context, listing, hash }: RecordedContext,
  record: ContextRecord,
): ContextDifference {
  const line = firstDifference(record.dockerfile, checkLines(context.dockerfile.text, hash))
  const checks = checkEntries(listing.entries, hash)
  const next = checks.flatMap((check, at) => {
    const entry = listing.entries[at]
    return entry === undefined ? [] : [{ ...check, entry }]
  })
  const aligned = alignChecks(record.entries, next)
  if (aligned === undefined) return { paths: [], ...(line !== undefined && { line }) }
  const removed = aligned.filter(
    ({ previous, next: now }) => now === undefined && previous && !isDirectoryCheck(previous),
  )
  const paths = aligned.flatMap(({ previous, next: now }): readonly ChangedPath[] => {
    const change = now && changeOf(previous, now)
    // The Dockerfile's lines are more precise.
    if (change === undefined || (change === 'changed' && now?.entry.path === context.dockerfile.name)) return []
    return [{ path: now?.entry.path ?? '', change }]
  })
  return {
    paths: paths.slice(0, NAMED_PATHS),
    changed: paths.length,
    removed: removed.length,
    ...(line !== undefined && { line }),
  }
}

function changeOf(
  previous: EntryCheck | undefined,
  next: EntryCheck & { readonly entry: ContextEntry },
): ChangedPath['change'] | undefined {
  const isDirectory = next.entry.kind === 'directory'
  if (previous === undefined) return isDirectory ? undefined : 'added'
  if (previous.content !== next.content && !isDirectory) return 'changed'
  return previous.mode === next.mode ? undefined : 'mode'
}

function firstDifference(previous: readonly string[], next: readonly string[]): number | undefined {
  const at = next.findIndex((line, index) => line !== previous[index])
  if (at >= 0) return at + 1
  return previous.length > next.length ? next.length + 1 : undefined
}
