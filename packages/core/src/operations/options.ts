import type { EngineChoice } from '../builder/builders.js'
import type { Pipeline } from '../definition/declare/pipeline.js'
import type { RunEvent } from '../model/run/events.js'
import type { RegistryOptions } from '../registry/options.js'
import type { OutputOption } from './outputs/output-option.js'

/** What every operation takes. */
export interface OperationOptions {
  /** How registries are reached: logins, certificates, mirrors. The docker configuration's logins unless told otherwise. */
  readonly registryClient?: RegistryOptions
  readonly signal?: AbortSignal
}

/** What operations on images take that can be on a chosen registry. */
export interface ImageOptions extends OperationOptions {
  /**
   * Takes the place of the host in every name on a registry, also in those of a record: `host[:port][/prefix]`, or
   * `embedded[:directory]` for the registry that polyarch brings along. Names in image layouts stay as they are.
   */
  readonly registry?: string
}

/** When an engine emulates a platform. */
export const EMULATION_POLICIES = ['when-busy', 'when-needed', 'never'] as const

/** One of `EMULATION_POLICIES`. */
export type EmulationPolicy = (typeof EMULATION_POLICIES)[number]

/** Options that every operation on pipelines takes after them. */
export interface PipelineOptions extends OperationOptions {
  /**
   * Takes the place of the host in every name that is pushed to: `host[:port][/prefix]`, or `embedded[:directory]` for
   * the registry that polyarch brings along.
   */
  readonly registry?: string
  /**
   * Whether digests of context files are kept in the user's cache directory, so that a run reads only files that changed;
   * used for large contexts on local file systems of Linux. Default true.
   */
  readonly contextCache?: boolean
  /** Where root file systems and digests of context files are cached; the user's cache directory unless told otherwise. */
  readonly cacheDirectory?: string
  /** Directory that relative contexts start at, and that `polyarch.lock` is in; the working directory unless told otherwise. */
  readonly directory?: string
}

/** What `plan(...)` takes after the pipelines. */
export interface PlanOptions extends PipelineOptions, EngineChoice {
  /** Names of the pipelines to publish, with what they need; all of them by default. */
  readonly pipelines?: readonly string[]
  /** These platforms alone; then no name moves. */
  readonly only?: readonly string[]
  /** Whether images that are in the registry, made of the same, may serve. Default true. */
  readonly reuse?: boolean
  /** Images to build even where they are there: by node, pipeline or platform. */
  readonly rebuild?: readonly string[]
  /** Whether every name of others has to be in `polyarch.lock`; else those that are not are resolved live. */
  readonly frozen?: boolean
  /**
   * Whether images may be built. Where not, no engine is needed: those that other machines have built and pushed are
   * published, once all are there. Default true.
   */
  readonly build?: boolean
  /**
   * When an engine emulates a platform: `when-busy`, where no engine that runs it natively is free; `when-needed`, where
   * there is no such engine; or `never`. Default `when-busy`.
   */
  readonly emulation?: EmulationPolicy
}

/** What `execute(...)` takes after the pipelines. */
export interface ExecuteOptions extends PlanOptions {
  /** Whether the rest goes on where something fails, so that all failures are told. No name moves then. Default false. */
  readonly keepGoing?: boolean
  /** Path of a file to write what was published into, by the keys of buildx's metadata file. */
  readonly metadataFile?: string
  /** Whether events also tell the layers of every image, those that were there included; a read for each. Default false. */
  readonly reportLayers?: boolean
  /** How many images an engine builds at a time. Default 4. */
  readonly buildConcurrency?: number
  /** Also puts the images into the engine, the first where there are several, under the names of their indexes, for the platform it runs best. */
  readonly load?: boolean
  /**
   * Where results are also written to: root file systems and image archives, made from what is published. As texts, they
   * are those of `docker buildx build --output`: `type=oci,dest=image.tar`.
   */
  readonly outputs?: readonly OutputOption[]
  /** Lets a published name lose a platform that it has today. */
  readonly allowRemoval?: boolean
  /** Told of everything that happens, in order. */
  readonly onEvent?: (event: RunEvent) => void
}

/** What `lock(...)` takes after the pipelines. */
export interface LockOptions extends PipelineOptions {
  /** Whether what is locked is resolved anew: all of it, or these names. */
  readonly update?: boolean | readonly string[]
}

/** What `prune(...)` takes after the pipelines. */
export interface PruneOptions extends PipelineOptions {
  /** Whether every name of others has to be in `polyarch.lock`; else those that are not are resolved live. */
  readonly frozen?: boolean
  /** Whether to delete; else it is said what would go, and nothing is touched. Default false. */
  readonly delete?: boolean
  /** Names or digests that stay with all that they list, though no tag may point to them: what a way back needs. */
  readonly keep?: readonly string[]
  /** What was pushed less than this time ago stays, in milliseconds: a run may be about to name it. Default 24 hours. */
  readonly olderThan?: number
}

/** Pipelines, and perhaps options after them. */
export type PipelinesAndOptions<Options extends object> = readonly Pipeline[] | readonly [...Pipeline[], Options]
