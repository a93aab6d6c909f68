/** What to do where an image's config names another platform than the one it is declared under. */
export type ConfigPolicy =
  /** The declaration wins; bytes and digest stay as published. For images whose config is known to lie. */
  | 'trust-declared'
  /** Refused. */
  | 'require-match'
  /** A corrected config and manifest are written; the digest is a new one. */
  | 'fix-config'

/** What to do where the machine code of an image is for another platform than the one it is declared under. */
export type CodePolicy =
  /** Refused. The default. */
  | 'require-match'
  /** The declaration wins, and the report says so: for images whose shell is not what they run on. */
  | 'trust-declared'

/** A base that is pulled: a tag or digest on a registry, one image or an index. */
export interface RegistryBase {
  readonly kind: 'registry'
  readonly reference: string
  readonly configPolicy: ConfigPolicy
  readonly codePolicy?: CodePolicy
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
  /** Architectures that the host's own mirror carries; where it carries this one not, a mirror must be given. */
  readonly hostMirrorArchitectures?: readonly string[]
  /** Path of the keyring that signs the archive, on this machine. */
  readonly keyring?: string
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

/** What a plugin answers: where one platform's base comes from. Plain data; core does the rest. */
export type BaseSource = RegistryBase | AptBase | RootfsBase
