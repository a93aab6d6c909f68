import { buildRows } from './build-rows.js'
import type { NodeChoice } from './build-stage.js'
import type { Comparison } from './contest.js'

/** The comparisons of each engine, by the titles of rows: those of polyarch with each node first, then those of the peers. */
type Results = ReadonlyMap<string, ReadonlyMap<string, readonly Comparison[]>>

/** The rows with what part of each peer's time polyarch took on each engine, with each node, beside the aim. */
export function markdownTable(nodes: readonly NodeChoice[], results: Results): string {
  const engines = [...results.keys()]
  const [measured] = results.values()
  const lines = buildRows().flatMap(({ title, aims, nativeAims = aims }) => {
    const [, ...peers] = measured?.get(title)?.slice(nodes.length - 1) ?? []
    return peers.flatMap((peer, at) =>
      nodes.map(({ name, runner }, node) => {
        const aim = (runner === 'native' ? nativeAims : aims)[at] ?? 1
        const cells = engines.map((engine) => {
          const comparisons = results.get(engine)?.get(title) ?? []
          return cell(comparisons[node], comparisons[nodes.length + at], aim)
        })
        return `| ${title} | ${name} | ${peer.name} | <= ${aim} | ${cells.join(' | ')} |`
      }),
    )
  })
  const header = ['work, both platforms pushed', 'polyarch with', 'beside', 'aim', ...engines]
  return [`| ${header.join(' | ')} |`, `|${header.map(() => '---|').join('')}`, ...lines].join('\n')
}

/** `0.82 (1.20 s / 1.46 s)`, in bold where it is above the aim. */
function cell(own: Comparison | undefined, peer: Comparison | undefined, aim: number): string {
  if (own?.seconds === undefined || peer?.seconds === undefined) return `failed: ${own?.failure ?? peer?.failure}`
  const ratio = own.seconds / peer.seconds
  const text = `${ratio.toFixed(2)} (${own.seconds.toFixed(2)} s / ${peer.seconds.toFixed(2)} s)`
  return ratio > aim ? `**${text}**` : text
}
