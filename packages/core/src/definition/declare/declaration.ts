import { isJsonObject } from '../../model/json-fields.js'
import type { Plugin } from '../plugin/plugin.js'
import type { AnnotationSettings } from './annotation-settings.js'
import type { BuildSettings } from './build-settings.js'
import type { TestSettings } from './image-test.js'

/** Media types of the published manifests: those of the OCI image specification, or Docker's older ones. */
export type ImageFormat = 'oci' | 'docker'

/** Settings for `pipeline(…)`, after the repository. */
export interface PipelineSettings {
  /**
   * Its name on the command line and in plans, reports and metadata files: letters, digits, `.`, `_` and `-`. The last
   * part of the repository by default, which must be unique in a run.
   */
  readonly name?: string
}

/** Settings of a pipeline, not validated yet. */
export interface PipelineDeclaration {
  /** As written, with its registry. */
  readonly repository: string
  readonly options: PipelineSettings
  readonly plugins: readonly Plugin[]
  readonly sharedBase?: string
  readonly platforms: readonly PlatformDeclaration[]
  readonly build: BuildSettings
  readonly tests: readonly TestSettings[]
  readonly tags: readonly string[]
  readonly platformNames: readonly string[]
  readonly format: ImageFormat
  readonly annotations: readonly AnnotationSettings[]
  readonly keepKeyTags: boolean
}

/** One platform of a pipeline, with its base. Created by `platform(…)`. */
export interface PlatformDeclaration<Settings = unknown, Words = unknown> {
  readonly kind: 'platform'
  /** An architecture, a whole platform, or a platform alias of a plugin. */
  readonly architecture: string
  readonly settings: Settings
  /** Type only: passes the platform aliases of the plugins in use to `platform(…)`. */
  readonly aliases?: Words
}

/** A pipeline as a value, with its settings. */
export interface DeclaredPipeline {
  readonly kind: 'pipeline'
  readonly declaration: PipelineDeclaration
}

/** Whether a value is a result of `pipeline(…)`. */
export function isPipeline(value: unknown): value is DeclaredPipeline {
  if (!isJsonObject(value) || value['kind'] !== 'pipeline') return false
  const { declaration } = value
  return isJsonObject(declaration) && typeof declaration['repository'] === 'string'
}
