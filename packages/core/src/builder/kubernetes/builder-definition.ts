import type { Platform } from '../../model/platform.js'

/** A toleration of pods, as Kubernetes has it. */
export interface BuilderToleration {
  readonly key: string
  /** Any value if undefined. */
  readonly value?: string
  /** All effects if undefined. */
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
}

/** Quantities by the name of the resource: `{ cpu: '2', memory: '4Gi' }`. */
export type ResourceQuantities = Readonly<Record<string, string>>

/** A builder on Kubernetes: one Deployment of buildkitd per platform set. */
export interface BuilderDefinition {
  readonly name: string
  /** The first platform of a set is that of its cluster nodes. */
  readonly platformSets: readonly (readonly [Platform, ...Platform[]])[]
  readonly image: string
  /** Pods per Deployment. */
  readonly replicas: number
  /** Labels that cluster nodes must have, beside those of the operating system and the architecture. */
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly tolerations: readonly BuilderToleration[]
  readonly requests: ResourceQuantities
  readonly limits: ResourceQuantities
  readonly rootless: boolean
  /** Content of `buildkitd.toml`. */
  readonly config?: string
  /** Image of an init container that registers emulators for the other platforms of a set. */
  readonly emulatorImage?: string
}
