import type { Digest } from '../digest.js'

/** How an input differs from that of the previous result. */
export type PartChange = 'added' | 'removed' | 'changed'

/** A file or directory of a context that differs; `mode` if only its permission bits do. */
export interface ChangedPath {
  readonly path: string
  readonly change: 'added' | 'changed' | 'mode'
}

/** The reason for a node's action, discriminated by `kind`; docs/plan.md has a line per kind. */
export type PlanReason =
  /** The registry has its result under the same key. */
  | { readonly kind: 'present' }
  /** No remaining work needs it. */
  | { readonly kind: 'unneeded' }
  /** Nodes on which its key depends must be made first. */
  | { readonly kind: 'waiting'; readonly after: readonly string[] }
  /** It is not in the registry, and no previous result of it is known. */
  | { readonly kind: 'absent' }
  /** The published index lists it, but the repository no longer has it. */
  | { readonly kind: 'deleted' }
  /** The published index has no such platform. */
  | { readonly kind: 'new-platform' }
  /** Its base differs from that of the previous result. */
  | { readonly kind: 'base-moved'; readonly from: Digest; readonly to?: Digest }
  /** Files of the context differ: the first few of them, and their number if it is known. */
  | {
      readonly kind: 'context-changed'
      readonly paths: readonly ChangedPath[]
      readonly changed?: number
      readonly removed?: number
    }
  /** The Dockerfile differs: the first such line, from 1, if it is known. */
  | { readonly kind: 'dockerfile-changed'; readonly line?: number }
  | { readonly kind: 'arg-changed' | 'label-changed'; readonly name: string; readonly change: PartChange }
  /** This many build args of the previous result were removed; their names are not recorded. */
  | { readonly kind: 'args-removed'; readonly count: number }
  /** The `keySecret` of the build differs, so that nothing but the base can be compared. */
  | { readonly kind: 'key-secret-changed'; readonly change: PartChange }
  /** Another image that the Dockerfile names has changed. */
  | {
      readonly kind: 'image-moved'
      readonly name: string
      readonly change: PartChange
      readonly from?: Digest
      readonly to?: Digest
    }
  /** Another setting of the build differs: `target`, `network`. */
  | { readonly kind: 'setting-changed'; readonly name: string }
  /** The previous result has no record of its inputs: its format has no annotations, or another tool made it. */
  | { readonly kind: 'unrecorded' }
  /** An input differs, but the 8-bit check values of the previous result do not show which. */
  | { readonly kind: 'unnamed' }
  /** Its entries differ from those of the published index. */
  | { readonly kind: 'content-changed' }
  /** It adds unpinned content, which may have changed, and is configured to be made again each time. */
  | { readonly kind: 'unpinned'; readonly sources: readonly string[] }
  /** The image is not recorded to have passed this test. */
  | { readonly kind: 'untested' }
  /** The test is a function without a version, which runs every time. */
  | { readonly kind: 'unversioned' }
  /** Tests are skipped by option. */
  | { readonly kind: 'tests-skipped' }
  /** Reuse is disabled by option. */
  | { readonly kind: 'forced' }

/** The kinds of {@link PlanReason}. */
export const PLAN_REASON_KINDS = [
  'present',
  'unneeded',
  'waiting',
  'absent',
  'deleted',
  'new-platform',
  'base-moved',
  'context-changed',
  'dockerfile-changed',
  'arg-changed',
  'label-changed',
  'args-removed',
  'key-secret-changed',
  'image-moved',
  'setting-changed',
  'unrecorded',
  'unnamed',
  'content-changed',
  'unpinned',
  'untested',
  'unversioned',
  'tests-skipped',
  'forced',
] as const satisfies readonly PlanReason['kind'][]
