import { escapeLine } from '../escape.js'
import { type Paint, type Style, unpainted } from '../paint.js'
import type { Picture, PictureNode, PictureState } from './picture.js'

const STYLES: Readonly<Record<PictureState, Style | undefined>> = {
  undecided: undefined,
  keep: 'dim',
  change: 'green',
  waiting: 'yellow',
  unneeded: 'dim',
}

interface Row {
  readonly branch: string
  readonly node: PictureNode
  readonly title: string
  readonly note: string
}

/** The picture as a tree for a terminal: each name with its inputs below. Nodes are not repeated. */
export function formatTree(picture: Picture, paint: Paint = unpainted): string {
  const rows = new TreeRows(picture).rows
  const width = Math.max(0, ...rows.map(({ branch, title }) => branch.length + title.length))
  return rows.map((row) => formatRow(row, width, paint)).join('')
}

function formatRow({ branch, node, title, note }: Row, width: number, paint: Paint): string {
  const style = STYLES[node.state]
  const word = node.word === undefined ? '' : node.word.padEnd(9)
  const details = [node.reason, note].filter(Boolean).join('; ')
  const text = `${branch}${title.padEnd(width - branch.length)}  ${style ? paint(style, word) : word}${escapeLine(details)}`
  return `${text.trimEnd()}\n`
}

/** Title of a node. A node of another pipeline than the one based on it is prefixed with its pipeline's name. */
function titleOf({ kind, pipeline, label }: PictureNode, within?: string): string {
  const hasPipelineName = pipeline !== undefined && (kind === 'index' || (within !== undefined && within !== pipeline))
  return escapeLine(hasPipelineName ? `${pipeline} ${label}` : label)
}

class TreeRows {
  readonly rows: Row[] = []
  readonly #nodes: ReadonlyMap<string, PictureNode>
  readonly #needs = new Map<string, string[]>()
  readonly #shown = new Set<string>()

  constructor({ nodes, edges }: Picture) {
    this.#nodes = new Map(nodes.map((node) => [node.id, node]))
    for (const { from, to } of edges) this.#needs.set(to, [...(this.#needs.get(to) ?? []), from])
    const needed = new Set(edges.map(({ from }) => from))
    for (const { id } of nodes) if (!needed.has(id)) this.#add(id, '', '')
  }

  #add(id: string, branch: string, indent: string, within?: string): void {
    const node = this.#nodes.get(id)
    if (node === undefined) return
    const needs = this.#needs.get(id) ?? []
    const fresh = needs.filter((need) => !this.#shown.has(need))
    const again = needs.filter((need) => !fresh.includes(need)).flatMap((need) => this.#nodes.get(need) ?? [])
    const note = again.length === 0 ? '' : `on ${again.map((one) => titleOf(one, node.pipeline)).join(', ')}, as above`
    this.rows.push({ branch, node, title: titleOf(node, within), note })
    this.#shown.add(id)
    for (const [at, need] of fresh.entries()) {
      if (this.#shown.has(need)) continue
      const isLast = at === fresh.length - 1
      this.#add(need, `${indent}${isLast ? '└─ ' : '├─ '}`, `${indent}${isLast ? '   ' : '│  '}`, node.pipeline)
    }
  }
}
