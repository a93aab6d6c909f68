import type { PictureNode, PictureState } from './picture.js'

/** Colours by state; each box also has the state as text. Dark text on each has a contrast above 7 to 1. */
export const COLOURS: Readonly<Record<PictureState, { readonly fill: string; readonly line: string }>> = {
  undecided: { fill: '#ffffff', line: '#6b7280' },
  keep: { fill: '#e5e7eb', line: '#6b7280' },
  change: { fill: '#bbf7d0', line: '#15803d' },
  waiting: { fill: '#fde68a', line: '#b45309' },
  unneeded: { fill: '#f9fafb', line: '#9ca3af' },
}

/** Shapes by kind of node: Graphviz's name, and Mermaid's brackets. */
export const SHAPES: Readonly<
  Record<PictureNode['kind'], { readonly dot: string; readonly mermaid: readonly [string, string] }>
> = {
  source: { dot: 'note', mermaid: ['[/', '/]'] },
  base: { dot: 'box', mermaid: ['[', ']'] },
  'base-index': { dot: 'folder', mermaid: ['[[', ']]'] },
  image: { dot: 'box', mermaid: ['[', ']'] },
  test: { dot: 'hexagon', mermaid: ['{{', '}}'] },
  index: { dot: 'folder', mermaid: ['[[', ']]'] },
  tag: { dot: 'tab', mermaid: ['>', ']'] },
}

/** Lines of text in a box. */
export function linesOf({ label, word }: PictureNode): readonly string[] {
  return word === undefined ? [label] : [label, word]
}

/** Boxes by the pipeline that they are drawn within, in order. */
export function groupsOf(nodes: readonly PictureNode[]): {
  readonly pipelines: readonly (readonly [pipeline: string, members: readonly PictureNode[]])[]
  readonly others: readonly PictureNode[]
} {
  const pipelines = new Map<string, PictureNode[]>()
  const others: PictureNode[] = []
  for (const node of nodes) {
    if (node.pipeline === undefined) others.push(node)
    else pipelines.set(node.pipeline, [...(pipelines.get(node.pipeline) ?? []), node])
  }
  return { pipelines: [...pipelines], others }
}
