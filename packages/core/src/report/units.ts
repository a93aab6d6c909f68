import { escapeLine } from './escape.js'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** A size in decimal units, as registries and docker show it: `31.4 MB`. */
export function formatBytes(bytes: number): string {
  const exponent = Math.min(UNITS.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** exponent
  return `${exponent === 0 ? value : value.toFixed(1)} ${UNITS[exponent]}`
}

/** A time in milliseconds for people: `850 ms`, `12.3 s`, `2 min 5 s`; or in whole seconds, for running nodes. */
export function formatDuration(milliseconds: number, precision: 'fine' | 'whole' = 'fine'): string {
  if (milliseconds < 1000 && precision === 'fine') return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 59.95) return `${precision === 'fine' ? seconds.toFixed(1) : Math.floor(seconds)} s`
  const whole = precision === 'fine' ? Math.round(seconds) : Math.floor(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** Rows of cells as lines with aligned columns. Cells may be foreign text. */
export function alignColumns(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(escapeLine))
  const widths = rows.reduce<number[]>((all, row) => {
    row.forEach((cell, at) => {
      all[at] = Math.max(all[at] ?? 0, cell.length)
    })
    return all
  }, [])
  return rows
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  '))
    .map((text) => `${text.trimEnd()}\n`)
    .join('')
}
