import type { Digest } from '../digest.js'
import type { ErrorData } from '../error-data.js'
import type { Platform } from '../platform.js'
import type { EngineUse } from './engine-use.js'
import type { PlanReason } from './plan-reason.js'

/** Version of the shape of {@link Plan} as JSON. */
export const PLAN_VERSION = 1

/** The action of a run on a node. */
export type PlanAction =
  /** The registry has it. */
  | 'reuse'
  /** A base, copied from another registry. */
  | 'copy'
  /** A base, mounted from another repository of the same registry. */
  | 'mount'
  /** Created for the first time: an image, an index, a base from packages or an archive. */
  | 'create'
  /** The published index has this image, made from other inputs. */
  | 'rebuild'
  /** Its base must be made first; its key is known only then. */
  | 'known-after'
  /** A test is run. */
  | 'run'
  /** A test is not run, because tests are skipped. */
  | 'skip'
  /** No remaining work needs it. */
  | 'not-needed'

/** All of {@link PlanAction}. */
export const PLAN_ACTIONS = [
  'reuse',
  'copy',
  'mount',
  'create',
  'rebuild',
  'known-after',
  'run',
  'skip',
  'not-needed',
] as const satisfies readonly PlanAction[]

/** The planned action on one node, with the reasons; for a build, also the builder that gets it if all are free. */
export interface NodePlan extends Partial<EngineUse> {
  readonly node: string
  readonly pipeline: string
  readonly kind: 'base' | 'base-index' | 'image' | 'test' | 'index'
  readonly platform?: Platform
  /** The name of a test. */
  readonly test?: string
  /** The source of a base in the user's terms: an image's name, or a distribution and its suite. */
  readonly source?: string
  readonly action: PlanAction
  /** All reasons for the action; at least one. */
  readonly why: readonly PlanReason[]
  /** {@link why} as one line for people. */
  readonly reason: string
  /** Ids of the nodes that must be made before its key is known. */
  readonly after?: readonly string[]
  readonly needs: readonly string[]
  /** Hex sha256 of all inputs that determine the result, if known. */
  readonly key?: string
  /** Digest of the result, if known. */
  readonly digest?: Digest
  /** Content without a checksum that the Dockerfile adds: it may change while the key does not. */
  readonly unpinned?: readonly string[]
}

/** A builder of the run, as the plan found it. */
export interface EnginePlan {
  /** Its address; if it does not respond, the name with which it was configured. */
  readonly engine: string
  readonly version?: string
  readonly native?: Platform
  /** Platforms that it emulates; absent if it does not report them. */
  readonly emulated?: readonly Platform[]
  /** Why it cannot be used. */
  readonly error?: ErrorData
}

/** The planned change of one name that users see. */
export interface TagPlan {
  readonly reference: string
  /** Node whose result it will point to. */
  readonly node: string
  readonly action: 'keep' | 'create' | 'move' | 'known-after'
  /** Its current digest. */
  readonly from?: Digest
  /** Its digest after the run, if it is known. */
  readonly to?: Digest
}

/** The planned signature of one image or index, in one of the repositories that it is published in. */
export interface SignaturePlan {
  /** Node whose result is signed. */
  readonly node: string
  /** `host/path`. */
  readonly repository: string
  readonly action: 'sign' | 'keep' | 'known-after'
  /** Digest of the result, if known. */
  readonly digest?: Digest
}

/** The actions of a run. Plain data; `version` is incremented when its shape changes. */
export interface Plan {
  readonly version: typeof PLAN_VERSION
  readonly nodes: readonly NodePlan[]
  readonly tags: readonly TagPlan[]
  /** The signatures, if the run signs. */
  readonly signatures?: readonly SignaturePlan[]
  /** The builders, if something must be built. */
  readonly engines?: readonly EnginePlan[]
  /** Errors that would stop the run before it starts. */
  readonly errors: readonly ErrorData[]
  readonly notes: readonly string[]
}

/** Whether a run of this plan would change anything. */
export function hasChanges(plan: Plan): boolean {
  const named = [...plan.tags, ...(plan.signatures ?? [])]
  return plan.nodes.some(isChange) || named.some(({ action }) => action !== 'keep')
}

/** Whether a node of a plan will be made, or may have to be. */
export function isChange({ action }: NodePlan): boolean {
  return action !== 'reuse' && action !== 'not-needed' && action !== 'skip'
}
