import { escapeLine } from '../escape.js'
import { alignColumns } from '../units.js'

/** The printed part of the result of `lock(...)`. */
interface LockText {
  readonly file: string
  readonly entries: number
  readonly changes: readonly {
    readonly change: string
    readonly name: string
    readonly platform: string
    readonly from?: string
    readonly to?: string
  }[]
}

/** Formats the lock file's name, its number of entries, and every changed line. */
export function formatLockResult({ file, entries, changes }: LockText): string {
  const rows = changes.map(({ change, name, platform, from, to }) => [
    change,
    name,
    platform,
    [from, to].filter((one) => one !== undefined).join(' -> '),
  ])
  const summary = `${escapeLine(file)}: ${entries} locked, ${changes.length === 0 ? 'nothing has moved' : `${changes.length} changed`}\n`
  return alignColumns(rows) + summary
}
