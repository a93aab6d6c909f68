import { escapeLine } from '../escape.js'
import { alignColumns } from '../units.js'

/** The part of what `lock(...)` returns that is told. */
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

/** What a lock holds, and every line of it that has changed. */
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
