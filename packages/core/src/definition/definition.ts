import type { Issue } from '../model/errors.js'
import type { Platform } from '../model/platform.js'
import type { Reference, Repository } from '../model/reference.js'
import type { AnnotationMap } from './declare/annotation-settings.js'
import type { BuildDefinition } from './declare/build-settings.js'
import type { ImageFormat } from './declare/declaration.js'
import type { TestDefinition } from './declare/image-test.js'
import type { BasePolicies, CodePolicy, ConfigPolicy, MadeBase } from './plugin/base-source.js'
import type { SignerRequirement } from './plugin/signer-requirement.js'

/** A base pulled from a registry, with its parsed reference. */
export interface RegistryBaseDefinition {
  readonly kind: 'registry'
  readonly reference: Reference
  readonly configPolicy: ConfigPolicy
  readonly codePolicy?: CodePolicy
  /** The required signer. */
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

/** One validated platform of a pipeline. */
export interface PlatformDefinition {
  readonly platform: Platform
  /** The platform in the final index, with os version and features if set. */
  readonly listed: Platform
  readonly base: BaseDefinition
  readonly build: BuildDefinition
  /** Tests that its image must pass. */
  readonly tests: readonly TestDefinition[]
  /** Annotations of its entry in the index; those of its manifest are part of the build. */
  readonly entryAnnotations: AnnotationMap
  /** Whether the index may be published without it. */
  readonly optional: boolean
  /** The names of this platform's image, in addition to the index. */
  readonly names: readonly Reference[]
}

/** A result of a pipeline: its index, its shared base, or the image of one platform. */
export type PipelineResult = 'index' | 'shared-base' | Platform

/** A name that a pipeline publishes, as written, completed with host and tag. */
export interface WrittenName {
  readonly name: string
  readonly result: PipelineResult
}

/** One validated pipeline. */
export interface PipelineDefinition {
  /** Unique in the definition: used on the command line, and as key in plans, reports and metadata files. */
  readonly name: string
  /** The call that declares it, by which issues name it: `pipeline('ghcr.io/team/app')`. */
  readonly path: string
  /** Its repository, as written. */
  readonly writtenRepository: string
  readonly repository: Repository
  /** Whether its names are published; false if it was not selected, or if it is only used as base. */
  readonly requested: boolean
  /** Names that a literal FROM may use for the base, as written. */
  readonly baseNames: readonly string[]
  /** The image that is the base of every platform, as written; undefined if their bases differ. */
  readonly baseImage?: string
  /** The names of its results, as written. Dockerfiles of other pipelines may use these or the pushed names. */
  readonly writtenNames: readonly WrittenName[]
  /** Location of the shared base index; with a tag if it is published by name. */
  readonly sharedBase: Reference
  readonly platforms: readonly PlatformDefinition[]
  /** Names of the final index, in its repository and others. */
  readonly names: readonly Reference[]
  readonly format: ImageFormat
  /** Annotations of the final index. */
  readonly annotations: AnnotationMap
  /** Whether the shared base and its entries get key tags too. */
  readonly keepKeyTags: boolean
}

/** Validated pipelines: plain data from which the graph is made, in dependency order. */
export interface Definition {
  readonly pipelines: readonly PipelineDefinition[]
  /** Notes on interpreted values, and on bases past their end of life. */
  readonly notes: readonly string[]
  /** Bases past their end of life. */
  readonly ended: readonly Issue[]
}
