import type { ArchiveRequest, DistributionTable, KindArchive } from '@polyarch/core/plugin'
import { dnf } from './dnf/dnf-kind.js'
import { type DnfRepository, type DnfSource, dnfPackageIssue } from './dnf/dnf-source.js'

/** The part of a distribution's table that is about its packages. */
export interface RpmArchive {
  readonly distribution: string
  readonly keys: Readonly<Record<string, string>>
  /** The smallest system in which packages can be installed. */
  readonly packages: readonly string[]
  /** Folder of the package database, by release. */
  readonly database: (release: string) => string
  /** The platform of module streams, by release. */
  readonly platformId: (release: string) => string
  /** The repositories of a release for an architecture. */
  readonly repositories: (release: string, architecture: string) => readonly DnfRepository[]
}

/** Returns the archive of a distribution's table, from which `dnf` makes bases. */
export function rpmArchive(archive: RpmArchive) {
  const { distribution, keys, packages } = archive
  return {
    by: dnf,
    mirrorContent: 'the folders of its releases',
    packageIssue: dnfPackageIssue,
    source({ release: { suite }, architecture, mirror, keyring, packages: own }: ArchiveRequest): DnfSource {
      return {
        distribution,
        release: suite,
        architecture,
        mirror,
        repositories: archive.repositories(suite, architecture),
        packages: [...packages, ...own],
        database: archive.database(suite),
        platformId: archive.platformId(suite),
        // If the user sets a keyring, no other keys are trusted.
        ...(keyring === undefined ? { keys } : { keyring }),
      }
    },
  } satisfies KindArchive
}

/** A table of a distribution of RPM packages. */
export type RpmTable = DistributionTable & { readonly archive: ReturnType<typeof rpmArchive> }
