import type { RootfsKind } from './rootfs-kind.js'
import type { SignerRequirement } from './signer-requirement.js'

/** What to do if an image's config states another platform than the declared one. */
export type ConfigPolicy =
  /** The declaration wins; bytes and digest stay as published. For images whose config is known to lie. */
  | 'trust-declared'
  /** Refused. */
  | 'require-match'
  /** A corrected config and manifest are written; the digest is a new one. */
  | 'fix-config'

/** What to do if an image's machine code is for another platform than the declared one. */
export type CodePolicy =
  /** Refused. The default. */
  | 'require-match'
  /** Trust the declaration, and report the mismatch: for images whose shell is not what they run on. */
  | 'trust-declared'

/** The policies with which a base is checked, if set. */
export interface BasePolicies {
  readonly configPolicy?: ConfigPolicy
  readonly codePolicy?: CodePolicy
}

/** A base that is pulled: a tag or digest on a registry, one image or an index. */
export interface RegistryBase {
  readonly kind: 'registry'
  readonly reference: string
  readonly configPolicy: ConfigPolicy
  readonly codePolicy?: CodePolicy
  /** Who must have signed it; checked in the plan. */
  readonly verify?: SignerRequirement
}

/** A base made by mmdebstrap from a distribution's package archive. */
export interface AptBase {
  readonly kind: 'apt'
  /** `ID` of os-release, by which the host's own apt sources are recognized as sources of this archive. */
  readonly distribution: string
  readonly suite: string
  /** The distribution's word: `amd64`, `armhf`, `arm64`, `armel`. */
  readonly architecture: string
  readonly components: readonly string[]
  /** Base URL of the archive; without it, the one that the host's apt uses. */
  readonly mirror?: string
  /** Whether the mirror is a snapshot of the archive, whose signed dates have expired: then they are not checked. */
  readonly isFrozen?: boolean
  /** Architectures in the host's own mirror; for any other one, a mirror must be set. */
  readonly hostMirrorArchitectures?: readonly string[]
  /**
   * Path on this machine of the keyring that signs the archive; no other keys are trusted. By default apt's own keys
   * are.
   */
  readonly keyring?: string
  /** Armored public keys that sign the archive, by fingerprint in upper-case hex; trusted if `keyring` is not set. */
  readonly keys?: Readonly<Record<string, string>>
  /** Packages on top of the variant's. */
  readonly packages: readonly string[]
  /** mmdebstrap's variant. */
  readonly variant: 'minbase' | 'essential' | 'apt' | 'important' | 'standard'
}

/** A base from a published root file system archive (tar, or tar compressed with gzip, xz or zstd). */
export interface RootfsBase {
  readonly kind: 'rootfs'
  /** http(s) URL, or a path. */
  readonly location: string
  /** Hex sha256 of the archive as published. */
  readonly sha256: string
}

/** A pipeline as a plugin returns it: the result of `pipeline(…)` and its methods. */
export interface PipelineValue {
  readonly kind: 'pipeline'
  readonly declaration: { readonly name: string }
}

/**
 * A base that is another pipeline's image of the same platform. Return the same value each time, so that the pipeline
 * is built once.
 */
export interface PipelineBase {
  readonly kind: 'pipeline'
  readonly pipeline: PipelineValue
}

/** A base that is made on this machine by a kind of a plugin's own. */
export interface MadeBase<Source extends object = object> {
  readonly kind: 'made'
  readonly by: RootfsKind<Source>
  /** Plain data that the kind understands. */
  readonly source: Source
}

/** Source of one platform's base. */
export type BaseSource = RegistryBase | AptBase | RootfsBase | MadeBase | PipelineBase

/** Settings that a base adds to the images that use it. */
export interface BaseTraits {
  /** Build args of this platform; those of `build(...)` and `platform(..., { build })` override them, name by name. */
  readonly buildArgs?: Readonly<Record<string, string>>
  /** Annotations of this platform's image, on its manifest and on its entry in the index. */
  readonly annotations?: Readonly<Record<string, string>>
  /** A command that has to end with 0 in the finished image, or the image is not published: `['apk', '--version']`. */
  readonly check?: readonly string[]
  /** The day after which the publisher corrects nothing any more, `2026-04-30`: a warning from then on. */
  readonly endOfLife?: string
}

/** A plugin's answer: the source of one platform's base, and its traits. Plain data; core does the rest. */
export type BaseAnswer = BaseSource & BaseTraits
