import type { BuildSettings } from './build-settings.js'
import type { Plugin } from './plugin.js'

/** Media types of what a pipeline publishes: the OCI image specification's, or Docker's older ones. */
export type ImageFormat = 'oci' | 'docker'

/** What has been said of a pipeline so far, not yet judged. */
export interface PipelineDeclaration {
  readonly name: string
  readonly plugins: readonly Plugin[]
  readonly sharedBase?: string
  readonly platforms: readonly PlatformDeclaration[]
  readonly build: BuildSettings
  readonly tags: readonly string[]
  readonly platformNames: readonly string[]
  readonly format: ImageFormat
}

/** One platform of a pipeline and the base that it stands on. Made by `platform(…)`. */
export interface PlatformDeclaration<Settings = unknown> {
  readonly kind: 'platform'
  readonly architecture: string
  readonly settings: Settings
}

/** A pipeline as others stand on it: what has been said of it. */
export interface DeclaredPipeline {
  readonly kind: 'pipeline'
  readonly declaration: PipelineDeclaration
}
