import { formatPlatform } from '../../model/platform.js'
import type { NodePlan, TagPlan } from '../../model/run/plan.js'
import { ACTION_LABELS, tagActionLabel } from '../event-text.js'

/** Version of the shape of {@link Picture} as JSON. */
const PICTURE_VERSION = 1

/** Source of a picture: a plan, or the part of one that follows from the definition alone. */
export interface PictureSource {
  readonly nodes: readonly (Pick<NodePlan, 'node' | 'pipeline' | 'kind' | 'platform' | 'test' | 'needs' | 'source'> &
    Partial<Pick<NodePlan, 'action' | 'reason'>>)[]
  readonly tags: readonly (Pick<TagPlan, 'reference' | 'node'> & Partial<Pick<TagPlan, 'action' | 'from'>>)[]
}

/** State of a node, shown by its colour. */
export type PictureState = 'undecided' | 'keep' | 'change' | 'waiting' | 'unneeded'

/** One box of a picture. */
export interface PictureNode {
  readonly id: string
  readonly kind: NodePlan['kind'] | 'source' | 'tag'
  /** The pipeline that it is drawn within. */
  readonly pipeline?: string
  readonly label: string
  readonly state: PictureState
  /** State of the node as a word, so that no meaning depends on colour alone: `reuse`, `copy`, `move`. */
  readonly word?: string
  readonly reason?: string
}

/** The graph to draw. Plain data. */
export interface Picture {
  readonly version: typeof PICTURE_VERSION
  readonly nodes: readonly PictureNode[]
  /** Edges from a need to its users, without implied ones. */
  readonly edges: readonly { readonly from: string; readonly to: string }[]
}

/** Makes the picture of a plan: sources of bases first, then the nodes, then the names that users see. */
export function pictureOf({ nodes, tags }: PictureSource): Picture {
  const sources = new Map(
    nodes.flatMap(({ node, source, needs }) => (source && needs.length === 0 ? [[node, source]] : [])),
  )
  const needsOf = new Map(nodes.map(({ node, needs }) => [node, needs]))
  return {
    version: PICTURE_VERSION,
    nodes: [
      ...[...new Set(sources.values())].map(sourceBox),
      ...nodes.map(nodeBox),
      ...tags.map(
        ({ reference, action, from }): PictureNode => ({
          id: tagId(reference),
          kind: 'tag',
          label: reference,
          state: stateOf(action),
          ...(action !== undefined && { word: tagActionLabel({ action, from }) }),
        }),
      ),
    ],
    edges: [
      ...[...sources].map(([node = '', source = '']) => ({ from: sourceId(source), to: node })),
      ...nodes.flatMap(({ node, needs }) =>
        needs.filter((need) => !isImplied(need, needs, needsOf)).map((from) => ({ from, to: node })),
      ),
      ...tags.map(({ reference, node }) => ({ from: node, to: tagId(reference) })),
    ],
  }
}

/** An image needs its base and the shared base; the edge to its base is implied. */
function isImplied(need: string, needs: readonly string[], needsOf: ReadonlyMap<string, readonly string[]>): boolean {
  return needs.some((other) => other !== need && needsOf.get(other)?.includes(need))
}

const sourceId = (source: string) => `source ${source}`
const tagId = (reference: string) => `tag ${reference}`

function sourceBox(source: string): PictureNode {
  return { id: sourceId(source), kind: 'source', label: source, state: 'undecided' }
}

function nodeBox(planned: PictureSource['nodes'][number]): PictureNode {
  const { node, pipeline, kind, platform, test, action, reason } = planned
  const words = [KIND_LABELS[kind], platform && formatPlatform(platform), test]
  return {
    id: node,
    kind,
    pipeline,
    label: words.filter((word) => word !== undefined).join(' '),
    state: stateOf(action),
    ...(action !== undefined && { word: ACTION_LABELS[action] }),
    ...(reason !== undefined && { reason }),
  }
}

const KIND_LABELS: Readonly<Record<NodePlan['kind'], string>> = {
  base: 'base',
  'base-index': 'shared base',
  image: 'image',
  test: 'test',
  index: 'index',
}

function stateOf(action: NodePlan['action'] | TagPlan['action'] | undefined): PictureState {
  switch (action) {
    case undefined:
      return 'undecided'
    case 'reuse':
    case 'keep':
      return 'keep'
    case 'known-after':
      return 'waiting'
    case 'not-needed':
    case 'skip':
      return 'unneeded'
    default:
      return 'change'
  }
}
