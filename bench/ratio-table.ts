import type { BuildRow } from './build-rows.js'
import type { Comparison } from './contest.js'

/** The rows with what part of each peer's time polyarch took on each engine, beside the aim. */
export function markdownTable(
  rows: readonly BuildRow[],
  results: ReadonlyMap<string, ReadonlyMap<string, readonly Comparison[]>>,
): string {
  const engines = [...results.keys()]
  const lines = rows.flatMap(({ title, aims }) =>
    aims.map((aim, at) => {
      const cells = engines.map((engine) => cell(results.get(engine)?.get(title), at, aim))
      const peer = [...results.values()][0]?.get(title)?.[at + 1]?.name ?? ''
      return `| ${title} | ${peer} | <= ${aim} | ${cells.join(' | ')} |`
    }),
  )
  const header = ['work, both platforms pushed', 'beside', 'aim', ...engines]
  return [`| ${header.join(' | ')} |`, `|${header.map(() => '---|').join('')}`, ...lines].join('\n')
}

/** `0.82 (1.20 s / 1.46 s)`, in bold where it is above the aim. */
function cell(comparisons: readonly Comparison[] | undefined, at: number, aim: number): string {
  const own = comparisons?.[0]
  const peer = comparisons?.[at + 1]
  if (own?.seconds === undefined || peer?.seconds === undefined) return `failed: ${own?.failure ?? peer?.failure}`
  const ratio = own.seconds / peer.seconds
  const text = `${ratio.toFixed(2)} (${own.seconds.toFixed(2)} s / ${peer.seconds.toFixed(2)} s)`
  return ratio > aim ? `**${text}**` : text
}
