import type { BuilderToleration, ResourceQuantities } from '../../builder/kubernetes/builder-definition.js'
import type { OptionNames } from '../option-names.js'

/** Options of all functions for builders on Kubernetes. */
export interface BuilderCallOptions {
  readonly signal?: AbortSignal
}

/** Options of the pods of a builder. */
export interface PodOptions {
  /** Pods per Deployment, spread over cluster nodes. Default 1. */
  readonly replicas?: number
  /** Labels that cluster nodes must have, beside those of the operating system and the architecture. */
  readonly nodeSelector?: Readonly<Record<string, string>>
  /** Taints that pods tolerate. */
  readonly tolerations?: readonly BuilderToleration[]
  /** Resources that each pod requests: `{ cpu: '2', memory: '4Gi' }`. */
  readonly requests?: ResourceQuantities
  /** Resources that each pod may use. */
  readonly limits?: ResourceQuantities
}

/** One Deployment of a builder. Its options are added to those of the builder, and replace equal ones. */
export interface PlatformSetOptions extends PodOptions {
  /** The first platform is that of the cluster nodes: `['linux/arm64', 'linux/arm/v7']`. */
  readonly platforms: readonly string[]
}

/** Definition of a builder on Kubernetes. */
export interface BuilderManifestOptions extends PodOptions {
  /** A Deployment each. Default `[{ platforms: ['linux/amd64'] }]`. */
  readonly platformSets?: readonly PlatformSetOptions[]
  /** Image of buildkitd; by default the one that buildx uses. */
  readonly image?: string
  /** Whether buildkitd runs as an unprivileged user. Default false: its container is privileged. */
  readonly rootless?: boolean
  /** Content of `buildkitd.toml`. */
  readonly config?: string
  /**
   * Registers emulators for the platforms of a set that its cluster nodes do not run, by a privileged init container: of
   * `tonistiigi/binfmt`, or of the given image. Default false.
   */
  readonly qemu?: boolean | string
}

/** Options of {@link createBuilder}. */
export interface CreateBuilderOptions extends BuilderManifestOptions, BuilderCallOptions {
  /** Whether to wait until all pods are ready. Default false. */
  readonly wait?: boolean
}

export const BUILDER_CALL_OPTIONS: OptionNames<BuilderCallOptions> = { signal: 'signal' }

const POD_OPTIONS: OptionNames<PodOptions> = {
  replicas: 'count',
  nodeSelector: 'object',
  tolerations: 'array',
  requests: 'object',
  limits: 'object',
}

export const PLATFORM_SET_OPTIONS: OptionNames<PlatformSetOptions> = { ...POD_OPTIONS, platforms: 'array' }

export const BUILDER_MANIFEST_OPTIONS: OptionNames<BuilderManifestOptions> = {
  ...POD_OPTIONS,
  platformSets: 'array',
  image: 'string',
  rootless: 'boolean',
  config: 'string',
  qemu: 'other',
}

export const CREATE_BUILDER_OPTIONS: OptionNames<CreateBuilderOptions> = {
  ...BUILDER_MANIFEST_OPTIONS,
  ...BUILDER_CALL_OPTIONS,
  wait: 'boolean',
}
