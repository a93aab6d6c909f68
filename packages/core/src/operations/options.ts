import type { BuilderChoice } from '../builder/builders.js'
import type { Pipeline } from '../definition/declare/pipeline.js'
import type { RunEvent } from '../model/run/events.js'
import type { RegistryOptions } from '../registry/options.js'
import type { OutputOption } from './outputs/output-option.js'
import type { Policy } from './trust/policy-options.js'
import type { SignOptions } from './trust/sign-options.js'

/** Options of every operation. */
export interface OperationOptions {
  /** Logins, certificates and mirrors of registries. By default, logins are read from docker's configuration. */
  readonly registryClient?: RegistryOptions
  readonly signal?: AbortSignal
}

/** Options of operations on images whose registry can be replaced. */
export interface ImageOptions extends OperationOptions {
  /**
   * Replaces the host of every registry name, also of names in a record: `host[:port][/prefix]`, or
   * `embedded[:directory]` for the embedded registry. Names in image layouts do not change.
   */
  readonly registry?: string
}

/** Options of {@link inspect}. */
export interface InspectOptions extends ImageOptions {
  /** Also list signatures, statements and other referrers of the index and of each image. Default false. */
  readonly attestations?: boolean
}

/** When a builder emulates a platform. */
export const EMULATION_POLICIES = ['when-busy', 'when-needed', 'never'] as const

/** One of `EMULATION_POLICIES`. */
export type EmulationPolicy = (typeof EMULATION_POLICIES)[number]

/** Formats that a definition can be exported to. */
export const EXPORT_FORMATS = ['bake'] as const

/** What to do with two images of one platform. */
export const DUPLICATE_RULES = ['refuse', 'last'] as const

/** How results are verified before names move. */
export const VERIFY_MODES = ['read-back'] as const

/** One of `VERIFY_MODES`. */
export type VerifyMode = (typeof VERIFY_MODES)[number]

/** Options of all operations on pipelines. */
export interface PipelineOptions extends OperationOptions {
  /**
   * Replaces the host of every name that is pushed to: `host[:port][/prefix]`, or `embedded[:directory]` for the
   * embedded registry.
   */
  readonly registry?: string
  /**
   * Use the cache directory: a run then reads only changed files of large contexts on local file systems of Linux,
   * downloads each package once, and makes no root file system that this machine has made. Default true; false uses a
   * temporary directory instead.
   */
  readonly localCache?: boolean
  /** Cache directory for root file systems, packages and digests of context files; the user's cache directory by default. */
  readonly cacheDirectory?: string
  /** Directory of `polyarch.lock`, and base of relative contexts; the working directory by default. */
  readonly directory?: string
}

/** Options of {@link plan}. */
export interface PlanOptions extends PipelineOptions, BuilderChoice {
  /** Names of the pipelines to publish, with their dependencies; all by default. */
  readonly pipelines?: readonly string[]
  /** Only these platforms; then no name moves. */
  readonly only?: readonly string[]
  /** Reuse images in the registry that have the same inputs, and results of tests. Default true. */
  readonly reuse?: boolean
  /** Images to build even if they exist, by node, pipeline or platform; and tests to run again, by node. */
  readonly rebuild?: readonly string[]
  /** Require every upstream name to be in `polyarch.lock`; otherwise missing names are resolved from the registry. */
  readonly frozen?: boolean
  /**
   * Build missing images. If false, no builder is needed: images that other machines have built and pushed are
   * published, once all of them exist. Default true.
   */
  readonly build?: boolean
  /** Make indexes and move names; otherwise images are built and tested only. Default true. */
  readonly publish?: boolean
  /** Publish images without running their tests; plan, report and output state it. Default false. */
  readonly skipTests?: boolean
  /**
   * When a builder may emulate a platform: `when-busy`, if no builder that runs it natively is free; `when-needed`, if
   * there is no such builder; or `never`. Default `when-busy`.
   */
  readonly emulation?: EmulationPolicy
  /**
   * Sign each index and its images with a key, before names move. Images that have its signature are not signed again.
   */
  readonly sign?: SignOptions
  /** Rules for what the run builds from. */
  readonly policy?: Policy
}

/** Options of {@link execute}. */
export interface ExecuteOptions extends PlanOptions {
  /**
   * Continue with other nodes after a failure, so that all failures are reported. Tags are not moved then. Default
   * false.
   */
  readonly keepGoing?: boolean
  /** Path of a file for the published digests, with the keys of buildx's metadata file. */
  readonly metadataFile?: string
  /**
   * Report the layers of every image, also of reused ones, in events; requires one request per image. Default false.
   */
  readonly reportLayers?: boolean
  /** How many images a builder builds at a time. Default 4. */
  readonly buildConcurrency?: number
  /**
   * Also load images into the engine, for its native platform or for these platforms. The one that the engine runs best
   * gets the names of the index. With several engines, the first one.
   */
  readonly load?: boolean | readonly string[]
  /**
   * Also write results to these files: root file systems and image archives, made from the published images. Strings
   * have the syntax of `docker buildx build --output`: `type=oci,dest=image.tar`.
   */
  readonly outputs?: readonly OutputOption[]
  /**
   * Before names move, verify what they will point to: `read-back` reads every index, image, config and layer from the
   * registry again, by digest and over new connections.
   */
  readonly verify?: VerifyMode
  /** Allows removing a platform that a published name has now. */
  readonly allowRemoval?: boolean
  /**
   * Called for every event, in order. An error that it throws, or a promise of it that rejects, fails the run; its
   * promises are awaited before the run ends.
   */
  readonly onEvent?: (event: RunEvent) => void
}

/** Options of {@link lock}. */
export interface LockOptions extends PipelineOptions {
  /** Resolve locked names again: all of them, or these. */
  readonly update?: boolean | readonly string[]
}

/** Options of {@link prune}. */
export interface PruneOptions extends PipelineOptions {
  /** Require every upstream name to be in `polyarch.lock`; otherwise missing names are resolved from the registry. */
  readonly frozen?: boolean
  /** Delete the tags; otherwise they are only listed. Default false. */
  readonly delete?: boolean
  /** Names or digests to keep, with all their entries, even if no tag points to them: for example to roll back. */
  readonly keep?: readonly string[]
  /**
   * Keep tags that were pushed less than this time ago, in milliseconds: a run may be about to use them. Default 24
   * hours.
   */
  readonly olderThan?: number
}

/** Pipelines, optionally followed by options. */
export type PipelinesAndOptions<Options extends object> = readonly Pipeline[] | readonly [...Pipeline[], Options]
