import type { Builders } from '../builder/builders.js'
import type { Builder } from '../builder/port.js'
import type { Node } from '../graph/node.js'
import type { Environment } from '../host/environment.js'
import type { Lock } from '../lock/lock.js'
import type { CodeReader } from '../machine-code/image-code.js'
import type { Digest } from '../model/digest.js'
import type { Descriptor } from '../model/oci.js'
import type { Reference } from '../model/reference.js'
import type { WorkEvent } from '../model/run/events.js'
import type { PlanReason } from '../model/run/plan-reason.js'
import type { DockerProxies } from '../registry/auth/docker-proxies.js'
import type { Registry } from '../registry/port.js'
import type { RootfsMaker } from '../rootfs/port.js'
import type { SignatureVerifier } from '../trust/verify.js'
import type { Contexts } from './image/context/contexts.js'
import type { PublishedState } from './published-state.js'
import type { FilesCache } from './test/files-cache.js'
import type { PassedTests } from './test/passed-tests.js'
import type { UpstreamManifests } from './upstream-manifests.js'

/** The services that steps use. */
export interface StepServices {
  readonly env: Environment
  /** Start of the run. */
  readonly now: Date
  /** Identifies the run in the provenance of what it builds. */
  readonly invocationId: string
  /** Returns the proxies of builds in docker's configuration. @throws RegistryError CREDENTIALS_UNREADABLE */
  readonly proxies: () => Promise<DockerProxies>
  readonly registry: Registry
  /** Each connects on first use: a run that has nothing to build needs no builder. */
  readonly builders: Builders
  readonly rootfs: RootfsMaker
  readonly contexts: Contexts
  readonly upstream: UpstreamManifests
  readonly lock: Lock
  readonly code: CodeReader
  readonly signatures: SignatureVerifier
  readonly passed: PassedTests
  readonly files: FilesCache
}

/** Options of every method of a step. */
export interface StepCall {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: WorkEvent) => void) | undefined
}

/** Options of `perform`. */
export interface PerformCall extends StepCall {
  /** The builder that an image is built on, or a command runs on. */
  readonly builder?: Builder | undefined
}

/** Result of a node: one manifest in its repository. */
export interface Output {
  /** The repository and the manifest's digest. */
  readonly reference: Reference
  /** Its entry in an index, with platform and annotations. */
  readonly descriptor: Descriptor
  /** Statements on an image. */
  readonly attestation?: Attestation
  /** Entries of an index. */
  readonly children?: readonly Descriptor[]
}

/** A manifest with statements on an image. */
export interface Attestation {
  readonly descriptor: Descriptor
  /** Whether an index lists it beside the image; else it is a referrer of the image. */
  readonly isListed: boolean
}

/** Results of other nodes, by id. */
export type Inputs = ReadonlyMap<string, Output>

/** Whether a result exists. */
export type LookupResult = { readonly state: 'present'; readonly output: Output } | { readonly state: 'absent' }

/** A node with everything that determines its result. */
export interface Work<N extends Node, Resolved> {
  readonly node: N
  readonly resolved: Resolved
  readonly inputs: Inputs
  /** Hex sha256 of everything that determines the result. */
  readonly key: string
  readonly previous: PublishedState
  /** Whether it is made even if it exists. */
  readonly force: boolean
  /** What `predict` returned. */
  readonly predicted?: Output | undefined
}

/** The interface of all node kinds; plan and execute use the same parts. */
export interface Step<N extends Node, Resolved> {
  /** Reads only, and needs no other node's result: tags become digests, contexts become lists of files. */
  resolve(node: N, services: StepServices, call: StepCall): Promise<Resolved>
  /** Pure: content of the result that is not part of its key. */
  unpinned?(node: N, resolved: Resolved): UnpinnedContent
  /** Pure: the upstream images that the result is made from. */
  upstream?(node: N, resolved: Resolved): readonly UpstreamImage[]
  /** Pure: whether making the result runs programs of the builder's platform only; by default it does not. */
  runsOnBuilderOnly?(resolved: Resolved): boolean
  /** Pure: the results that its key needs, if these are not all of its `needs`. */
  decidedBy?(node: N, resolved: Resolved): readonly string[]
  /** Pure: computes the key from everything that determines the result. Requires the results named in `decidedBy`. */
  key(node: N, resolved: Resolved, inputs: Inputs): string
  /** Pure: the result, existing or not, if its bytes can be computed. */
  predict?(work: Work<N, Resolved>): Output | undefined
  /** Reads only: whether the registry has the result. */
  lookup(work: Work<N, Resolved>, services: StepServices, call: StepCall): Promise<LookupResult>
  /** Reads only: compares the lock with the registry. Called if another result will be made from this one. */
  verify?(work: Work<N, Resolved>, services: StepServices, call: StepCall): Promise<void>
  /** Reads only: explains how it differs from the previous result. */
  explain(work: Work<N, Resolved>, services: StepServices, call: StepCall): Promise<readonly PlanReason[]>
  /** Makes the result. Requires the results named in `needs`. */
  perform(work: Work<N, Resolved>, services: StepServices, call: PerformCall): Promise<Output>
}

/** An upstream image that a result is made from. */
export interface UpstreamImage {
  readonly name: Reference
  /** Digest of its index, or of the only image. */
  readonly index: Digest
  /** Digest of the image for the platform. */
  readonly image: Digest
  /** Whether it is the base of a platform; else the Dockerfile or a context names it. */
  readonly isBase: boolean
}

/** Content of a result that may change without a new key. */
export interface UnpinnedContent {
  /** Sources, as written. */
  readonly sources: readonly string[]
  /** Whether the result is made again in each run. */
  readonly remade: boolean
}

/** Returns the result of a node that must exist by now. */
export function inputOf(inputs: Inputs, id: string): Output {
  const output = inputs.get(id)
  if (output === undefined) throw new TypeError(`the result of '${id}' was requested before it existed`)
  return output
}
