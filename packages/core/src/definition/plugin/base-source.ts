import type { RootfsKind } from './rootfs-kind.js'
import type { SignerRequirement } from './signer-requirement.js'

/** What to do if an image's config states another platform than the declared one. */
export type ConfigPolicy =
  /** The declaration has precedence; bytes and digest are unchanged. For images whose config is known to be wrong. */
  | 'trust-declared'
  /** Refused. */
  | 'require-match'
  /** A corrected config and manifest are written, with a new digest. */
  | 'fix-config'

/** What to do if an image's machine code is for another platform than the declared one. */
export type CodePolicy =
  /** A mismatch is an error. The default. */
  | 'require-match'
  /** Trust the declaration and report the mismatch. For images whose shell does not represent their code. */
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
  /** The required signer; verified in the plan. */
  readonly verify?: SignerRequirement
}

/** An archive beside the main one of an `apt` base, such as Raspberry Pi's beside Debian's. */
export interface AptOverlay {
  /** For names: `raspberrypi`. */
  readonly distribution: string
  /** Base URL of the archive. */
  readonly mirror: string
  readonly suite: string
  readonly components: readonly string[]
  /** Path on this machine of the keyring that signs it. */
  readonly keyring?: string
  /** Armored public keys that sign it, by fingerprint; trusted if this machine does not have the keyring. */
  readonly keys?: Readonly<Record<string, string>>
}

/** A base made by mmdebstrap from a distribution's package archive. */
export interface AptBase {
  readonly kind: 'apt'
  /** `ID` of os-release, by which the host's own apt sources are recognized as sources of this archive. */
  readonly distribution: string
  readonly suite: string
  /** The distribution's name: `amd64`, `armhf`, `arm64`, `armel`. */
  readonly architecture: string
  readonly components: readonly string[]
  /** Base URL of the archive; by default that of this machine's apt. */
  readonly mirror?: string
  /** Whether the mirror is a snapshot of the archive: its expired dates are then ignored. */
  readonly isFrozen?: boolean
  /** Architectures in the host's own mirror; for any other one, a mirror must be set. */
  readonly hostMirrorArchitectures?: readonly string[]
  /**
   * Path on this machine of the keyring that signs the archive. With neither this nor `keys`, the keys that this
   * machine's apt trusts are trusted.
   */
  readonly keyring?: string
  /** Armored public keys that sign the archive, by fingerprint in upper-case hex; trusted if this machine does not have the keyring. */
  readonly keys?: Readonly<Record<string, string>>
  /** Archives whose packages are added to those of the main one; of each package, the newest version is installed. */
  readonly overlays?: readonly AptOverlay[]
  /** Packages in addition to the variant's. */
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

/** A pipeline in a plugin's answer: the result of `pipeline(…)` and its methods. */
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
  /** Plain data for the kind. */
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
  /** A command that must exit with 0 in the finished image: `['apk', '--version']`. Otherwise no name moves. */
  readonly check?: readonly string[]
  /** The last day of support, `2026-04-30`. The plan has a note from the next day on. */
  readonly endOfLife?: string
}

/** A plugin's answer: the source of one platform's base, and its traits. Plain data. */
export type BaseAnswer = BaseSource & BaseTraits
