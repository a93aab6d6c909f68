import type { Issue } from '../model/errors.js'
import type { Platform } from '../model/platform.js'
import type { Reference, Repository } from '../model/reference.js'
import type { AnnotationMap } from './declare/annotation-settings.js'
import type { BuildDefinition } from './declare/build-settings.js'
import type { ImageFormat } from './declare/declaration.js'
import type { TestDefinition } from './declare/image-test.js'
import type { BasePolicies, CodePolicy, ConfigPolicy, MadeBase } from './plugin/base-source.js'
import type { SignerRequirement } from './plugin/signer-requirement.js'

/** A base pulled from a registry, with its reference read. */
export interface RegistryBaseDefinition {
  readonly kind: 'registry'
  readonly reference: Reference
  readonly configPolicy: ConfigPolicy
  readonly codePolicy?: CodePolicy
  /** Who must have signed it. */
  readonly verify?: SignerRequirement
}

/** A base that is another pipeline's image of the same platform, with the policies of that one's base. */
export interface PipelineBaseDefinition extends BasePolicies {
  readonly kind: 'pipeline'
  /** Name of the other pipeline. */
  readonly pipeline: string
  /** Its repository, as written. */
  readonly writtenRepository: string
}

/** Source of one platform's base. */
export type BaseDefinition = RegistryBaseDefinition | MadeBase | PipelineBaseDefinition

/** One platform of a pipeline, all decided. */
export interface PlatformDefinition {
  readonly platform: Platform
  /** The platform as the final index lists it: with os version and features if they were given. */
  readonly listed: Platform
  readonly base: BaseDefinition
  readonly build: BuildDefinition
  /** Tests that its image must pass. */
  readonly tests: readonly TestDefinition[]
  /** Annotations of its entry in the index; those of its manifest are part of the build. */
  readonly entryAnnotations: AnnotationMap
  /** Whether the index may be published without it. */
  readonly optional: boolean
  /** The names that this platform's image is published under, beside the index. */
  readonly names: readonly Reference[]
}

/** A result of a pipeline: its index, its shared base, or the image of one platform. */
export type PipelineResult = 'index' | 'shared-base' | Platform

/** A name that a pipeline publishes, as written: whole, with host and tag. */
export interface WrittenName {
  readonly name: string
  readonly result: PipelineResult
}

/** One pipeline, all decided. */
export interface PipelineDefinition {
  /** Unique in the definition: what people type, and the key in plans, reports and metadata files. */
  readonly name: string
  /** Its repository, as written. */
  readonly writtenRepository: string
  readonly repository: Repository
  /** Whether its names are to be published; false for one that was not chosen, or that others use as base only. */
  readonly requested: boolean
  /** Names that a literal FROM may use for the base, as written in the user's files. */
  readonly baseNames: readonly string[]
  /** The names of its results, as written: a Dockerfile of another pipeline may use these, or the names that are pushed. */
  readonly writtenNames: readonly WrittenName[]
  /** Location of the shared base index; with a tag if it is published by name. */
  readonly sharedBase: Reference
  readonly platforms: readonly PlatformDefinition[]
  /** Names of the final index, in its repository and others. */
  readonly names: readonly Reference[]
  readonly format: ImageFormat
  /** Annotations of the final index. */
  readonly annotations: AnnotationMap
  /** Whether what the shared base lists, and that itself, have a tag too, not their digest alone. */
  readonly keepKeyTags: boolean
}

/**
 * Validated and complete pipelines: plain data, from which the graph is made. Pipelines that others use as base come
 * first.
 */
export interface Definition {
  readonly pipelines: readonly PipelineDefinition[]
  /** Values that were interpreted, and bases past their end of life. */
  readonly notes: readonly string[]
  /** Bases past their end of life. */
  readonly ended: readonly Issue[]
}
