import type { Digest } from '../digest.js'
import type { ErrorData } from '../error-data.js'
import type { Platform } from '../platform.js'
import type { EngineUse } from './engine-use.js'
import type { Plan } from './plan.js'

/** Fields that every event carries. */
interface EventBase {
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Fields of an event that belongs to one node of the graph. */
interface NodeEvent extends EventBase {
  readonly node: string
}

/** A request failed with a transient error and is repeated. */
export interface RegistryRetryEvent {
  readonly kind: 'registry-retry'
  readonly method: string
  /** Without query and credentials. */
  readonly url: string
  readonly attempt: number
  /** In milliseconds. */
  readonly delay: number
  readonly reason: string
}

/** Progress of a blob transfer. */
export interface TransferEvent {
  readonly kind: 'transfer'
  readonly direction: 'upload' | 'download' | 'mount'
  readonly digest: Digest
  /** Bytes so far. */
  readonly bytes: number
  /** Total bytes, if known. */
  readonly total?: number
}

/** An event of a registry client. */
export type RegistryEvent = RegistryRetryEvent | TransferEvent

/** A vertex of BuildKit's graph, roughly one line of the Dockerfile. */
export interface BuildStepEvent {
  readonly kind: 'build-step'
  /** BuildKit's digest of the vertex. */
  readonly step: string
  readonly name: string
  readonly status: 'started' | 'done' | 'cached' | 'failed'
  readonly error?: string
}

/** Output of a step; whole UTF-8 characters, not necessarily whole lines. */
export interface BuildLogEvent {
  readonly kind: 'build-log'
  readonly step: string
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/** A warning of BuildKit about the Dockerfile. */
export interface BuildWarningEvent {
  readonly kind: 'build-warning'
  readonly message: string
  /** First line of the Dockerfile that it is about, from 1. */
  readonly line?: number
}

/** Progress of an image between the builder and a registry. */
export interface EngineTransferEvent {
  readonly kind: 'engine-transfer'
  readonly direction: 'push' | 'pull'
  readonly layer: string
  readonly status: string
  readonly bytes?: number
  readonly total?: number
}

/** An event of a builder. */
export type EngineEvent = BuildStepEvent | BuildLogEvent | BuildWarningEvent | EngineTransferEvent

/** A root file system is being created. */
export interface RootfsEvent {
  readonly kind: 'rootfs-progress'
  readonly phase: string
  /** 0 to 1, if known. */
  readonly fraction?: number
  readonly message?: string
}

/** Result of comparing an image's machine code with its declared platform. */
export interface CodeCheck {
  /** `as-base`: the build added no executable; the base was checked when it was added. */
  readonly verdict: 'match' | 'as-base' | 'mismatch' | 'unknown'
  /** The executable that was checked. */
  readonly path?: string
  /** The platform of its code, as text. */
  readonly found?: string
  /** Why the machine code is unknown. */
  readonly because?: string
  /** Set if a mismatch was allowed by the base's `codePolicy`. */
  readonly allowed?: true
}

/** The machine code of a built image, or of a newly added base, has been compared with its platform. */
export interface CodeCheckedEvent extends CodeCheck {
  readonly kind: 'code-checked'
}

/** The layers of an image, also of a reused one. Sizes are in bytes, compressed. */
export interface LayersEvent {
  readonly kind: 'layers'
  readonly config: { readonly digest: Digest; readonly size: number }
  readonly layers: readonly { readonly digest: Digest; readonly size: number }[]
}

/** An event inside a node, without the node's id. */
export type WorkEvent =
  | RegistryEvent
  | EngineEvent
  | RootfsEvent
  | CodeCheckedEvent
  | LayersEvent
  | { readonly kind: 'note'; readonly message: string }

/** The result of a node. */
export interface NodeResultEvent {
  readonly digest: Digest
  readonly reference: string
  /** Missing if there are no statements on it. */
  readonly attested?: AttestedStatements
}

/** The statements on an image or index. */
export interface AttestedStatements {
  /** The mode for an image; `true` for an index, which has no modes. */
  readonly provenance?: 'min' | 'max' | true
  /** The format, or the image of the scanner that made it. */
  readonly sbom?: string
}

/** The digests of a tag before and after the run. */
export interface TagChange {
  readonly reference: string
  readonly from?: Digest
  readonly to: Digest
}

/** How a run ended; `incomplete`: published without an optional platform. */
export type RunOutcome = 'succeeded' | 'incomplete' | 'failed' | 'cancelled'

/** Every event of a run, in order; a report is made from these alone. */
export type RunEvent =
  | (EventBase & { readonly kind: 'planned'; readonly plan: Plan })
  /** For a build, it states the builder. */
  | (NodeEvent & Partial<EngineUse> & { readonly kind: 'node-started'; readonly platform?: Platform })
  /** The connection to its builder was lost, and another builder starts the build again. */
  | (NodeEvent & EngineUse & { readonly kind: 'node-reassigned'; readonly error: ErrorData })
  /** A node of a builder on Kubernetes became ready during the run, and gets builds; or it ends, and gets no more. */
  | (EventBase & { readonly kind: 'builder-joined' | 'builder-left'; readonly engine: string })
  | (NodeEvent & NodeResultEvent & { readonly kind: 'node-reused' | 'node-finished' })
  | (NodeEvent & { readonly kind: 'node-failed'; readonly error: ErrorData })
  | (NodeEvent & { readonly kind: 'node-skipped'; readonly because: string })
  | (NodeEvent & { readonly kind: 'work'; readonly event: WorkEvent })
  | (EventBase & { readonly kind: 'tag-moved' | 'tag-kept'; readonly change: TagChange })
  /** A result was read from the registry again before its names moved. Bytes of configs and layers. */
  | (NodeEvent & {
      readonly kind: 'read-back'
      readonly reference: string
      readonly images: number
      readonly bytes: number
    })
  /** A run failed while names moved: the current digest of this name, if it exists; unknown if it could not be read. */
  | (EventBase & {
      readonly kind: 'tag-not-moved'
      readonly reference: string
      readonly holds?: Digest
      readonly isUnknown?: true
    })
  /** The reference has the repository and the digest. */
  | (EventBase & { readonly kind: 'signed' | 'signature-kept'; readonly reference: string })
  /** An image is in the engine under a name: one of its index, or its repository and digest, which `image` has. */
  | (EventBase & {
      readonly kind: 'loaded'
      readonly pipeline: string
      readonly platform: Platform
      readonly image: string
      readonly reference: string
    })
  /** A result was also written to this machine. */
  | (EventBase & { readonly kind: 'output-written'; readonly type: string; readonly dest: string })
  | (EventBase & { readonly kind: 'run-finished'; readonly outcome: RunOutcome; readonly error?: ErrorData })
