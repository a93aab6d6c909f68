import { escapeLine } from '../escape.js'
import { alignColumns } from '../units.js'

/** The printed part of a change of a cluster. */
export interface ChangeText {
  readonly kind: string
  readonly name: string
  readonly change: string
}

/** The printed part of a builder on Kubernetes. */
export interface BuilderText {
  readonly address: string
  readonly deployments: readonly {
    readonly platforms: readonly string[]
    readonly replicas: number
    readonly readyReplicas: number
    readonly image: string
  }[]
}

/** What was created, changed and deleted, as `kubectl` prints it. */
export function formatChanges(changes: readonly ChangeText[]): string {
  return alignColumns(changes.map(({ kind, name, change }) => [escapeLine(`${kind}/${name}`), escapeLine(change)]))
}

/** A line per Deployment. */
export function formatBuilders(builders: readonly BuilderText[]): string {
  if (builders.length === 0) return "no builders: 'npx tsx build.ts builder create' makes one\n"
  const rows = builders.flatMap(({ address, deployments }) =>
    deployments.map(({ platforms, replicas, readyReplicas, image }) => [
      escapeLine(address),
      escapeLine(platforms.join(',')),
      `${readyReplicas}/${replicas}`,
      escapeLine(image),
    ]),
  )
  return alignColumns([['BUILDER', 'PLATFORMS', 'READY', 'IMAGE'], ...rows])
}
