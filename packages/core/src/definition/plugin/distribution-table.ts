import type { AptBase, ConfigPolicy } from './base-source.js'
import type { RootfsKind } from './rootfs-kind.js'

/** Last days on which a release gets corrections, such as `2026-04-30`, by the kind of support. */
export interface SupportDates {
  /** From the distribution. */
  readonly standard: string
  /** From a long-term team or by subscription: Debian LTS, Ubuntu's expanded security maintenance. */
  readonly 'long-term'?: string
  /** After that, by subscription: Debian ELTS, Ubuntu's legacy support. */
  readonly extended?: string
}

/** A kind of support. */
export type SupportLevel = keyof SupportDates

/** One release of a distribution. */
export interface Release {
  /** Other names of the release: `bookworm` is also `12`. */
  readonly aliases: readonly string[]
  /** Tag of its image. */
  readonly tag: string
  /** Suite of its packages. */
  readonly suite: string
  /** Its platforms, each with the distribution's own name of the architecture. */
  readonly platforms: Readonly<Record<string, string>>
  /** The last day of support, `2026-04-30`, or of each kind of support; undefined if unknown. */
  readonly endOfLife?: string | SupportDates
  /** Path of the keyring that signs it, if it differs from that of the other releases. */
  readonly keyring?: string
}

/** A distribution as a table, from which {@link defineDistribution} makes a base. */
export interface DistributionTable {
  /** Its display name. */
  readonly title: string
  /** The repository of its images; without it, bases are made from packages unless the user sets one. */
  readonly image?: string
  readonly configPolicy: ConfigPolicy
  readonly releases: Readonly<Record<string, Release>>
  /** The kind of support that its published images and packages have for everyone. Default `standard`. */
  readonly support?: SupportLevel
  /** The default release. */
  readonly defaultRelease: string
  /** Variants of the same release, with the suffix of the tag: `{ slim: '-slim' }`. */
  readonly flavors: Readonly<Record<string, string>>
  readonly archive: AptArchive | KindArchive
}

/** An archive of Debian packages. */
export type AptArchive = Pick<AptBase, 'distribution' | 'components' | 'hostMirrorArchitectures' | 'keyring' | 'keys'>

/** Request for the source of one platform's base from an archive of another kind. */
export interface ArchiveRequest {
  readonly release: Release
  /** The distribution's own name of the architecture. */
  readonly architecture: string
  /** Base URL of the archive, without a slash at its end. */
  readonly mirror: string
  /** Path of the keys to trust instead of the distribution's. */
  readonly keyring?: string
  /** Packages in addition to a minimal system. */
  readonly packages: readonly string[]
}

/** An archive whose packages another kind than `apt` installs. Users must set the option `mirror`. */
export interface KindArchive {
  /** The kind; its name is the value of the option `source`. */
  readonly by: RootfsKind
  /** Names of files in a mirror, for hints on its base URL. */
  readonly mirrorContent: string
  /** Returns the issue of a package name. */
  packageIssue(name: unknown): string | undefined
  /** Returns the source for the kind. */
  source(request: ArchiveRequest): object
}

// Uses `infer`, so that editors show the names and not the type of the table.
/** All names of the releases of a table. */
export type ReleaseName<Table extends DistributionTable> =
  | (keyof Table['releases'] & string)
  | Table['releases'][keyof Table['releases']]['aliases'][number] extends infer Name extends string
  ? Name
  : never

/** The value of the option `source` for bases made from a table's packages. */
export type ArchiveName<Table extends DistributionTable> = Table['archive'] extends {
  readonly by: { readonly name: infer Name }
}
  ? Name & string
  : 'apt'

/** Options in `platform(..., { base })` of a base made from a table. */
export interface DistributionOptions<
  ReleaseNames extends string = string,
  Flavors extends string = string,
  Archive extends string = 'apt',
> {
  /** By version or code name. */
  readonly release?: ReleaseNames
  /** Use the published image, or make the base from the distribution's packages. Default `registry`, if it has images. */
  readonly source?: 'registry' | Archive
  /** The kind of support that you have: the plan has a note for a release past its end. Default: that of the table. */
  readonly support?: SupportLevel
  /** A variant of the image. */
  readonly flavor?: Flavors
  /** Another repository with the same tags, such as a private copy. */
  readonly image?: string
  /** Base URL of the package archive; for apt, by default the one that this machine's apt uses. */
  readonly mirror?: string
  /** Whether the mirror is a previous state of the archive, whose validity dates have passed. */
  readonly frozen?: boolean
  /** Path of the keyring that signs the archive, in place of the distribution's. */
  readonly keyring?: string
  /** Packages on top of a minimal system. */
  readonly packages?: readonly string[]
}

/** Options of a base of any table. */
export type AnyDistributionOptions = DistributionOptions<string, string, string>
