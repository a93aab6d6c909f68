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

/** One Deployment of a builder. */
export interface PlatformSet {
  /** The first platform is that of its cluster nodes. */
  readonly platforms: readonly [Platform, ...Platform[]]
  /** Number of pods. */
  readonly replicas: number
  /** Labels that cluster nodes must have, beside those of the operating system and the architecture. */
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly tolerations: readonly BuilderToleration[]
  readonly requests: ResourceQuantities
  readonly limits: ResourceQuantities
}

/** A builder on Kubernetes: one Deployment of buildkitd per platform set. */
export interface BuilderDefinition {
  readonly name: string
  readonly platformSets: readonly PlatformSet[]
  readonly image: string
  readonly rootless: boolean
  /** Content of `buildkitd.toml`. */
  readonly config?: string
  /** Image of an init container that registers emulators for the other platforms of a set. */
  readonly emulatorImage?: string
}
