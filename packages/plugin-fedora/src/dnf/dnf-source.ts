import { keyIssues, mirrorIssue } from '@polyarch/core/plugin'

/** A repository of an archive. */
export interface DnfRepository {
  /** Its id, under which its state is locked and with which packages are recorded: `fedora`. */
  readonly id: string
  /** Its path under the mirror; the folder that contains `repodata`. */
  readonly path: string
  /** The URL of the repository in a fixed state, in place of the path under the mirror. */
  readonly url?: string
  /** Hex sha256 of its index, `repodata/repomd.xml`; another state is rejected. */
  readonly sha256?: string
}

/** A base made by dnf from an archive of RPM packages. */
export interface DnfSource {
  /** For names: `fedora`. */
  readonly distribution: string
  /** The value of `$releasever`: `44`. */
  readonly release: string
  /** The distribution's own name: `aarch64`. */
  readonly architecture: string
  /** Base URL of the archive. */
  readonly mirror: string
  readonly repositories: readonly DnfRepository[]
  readonly packages: readonly string[]
  /** Folder of the package database: of the root's own rpm, not of this machine's. */
  readonly database: string
  /** The platform of module streams: `platform:f44`. */
  readonly platformId: string
  /** Path on this machine of the keys that sign packages; no other keys are trusted. */
  readonly keyring?: string
  /** Armored public keys that sign packages, by fingerprint in upper-case hex; trusted if `keyring` is not set. */
  readonly keys?: Readonly<Record<string, string>>
}

/** Programs that make a root file system, with their packages. */
export const DNF_TOOLS = [
  { program: 'dnf', alternatives: ['dnf5'], package: 'dnf' },
  { program: 'rpmdb', package: 'rpm' },
] as const

/** Returns the source in the user's terms. */
export function describeDnfSource({ distribution, release, architecture }: DnfSource): string {
  return `${distribution} ${release} ${architecture} (packages)`
}

/** A word of a configuration file or an argument: no white space, and no leading dash, which would make it an option. */
const WORD = /^[A-Za-z0-9][\w.:+~-]*$/
const PATH = /^[A-Za-z0-9][\w.+~-]*(?:\/[A-Za-z0-9][\w.+~-]*)*\/?$/
const FOLDER = /^(?:\/[A-Za-z0-9][\w.-]*)+$/
/** A name, with a version and an architecture, or a group. */
const PACKAGE = /^@?[A-Za-z0-9][\w.:+~^-]*$/

type Data = Readonly<Record<string, unknown>>

/** Returns the issues of a source. */
export function dnfSourceIssues(data: Data): readonly string[] {
  const { mirror, repositories, packages, database, keyring } = data
  const wrongMirror = mirrorIssue(mirror)
  return [
    ...['distribution', 'release', 'architecture', 'platformId'].flatMap((name) =>
      matches(data[name], WORD) ? [] : [`${name} ${JSON.stringify(data[name])} is not valid`],
    ),
    ...(wrongMirror === undefined ? [] : [wrongMirror]),
    ...(Array.isArray(repositories) && repositories.length > 0
      ? repositories.flatMap(repositoryIssues)
      : ['repositories must be a list with at least one entry']),
    ...(Array.isArray(packages)
      ? packages.flatMap((name) => dnfPackageIssue(name) ?? [])
      : ['packages must be a list of strings']),
    ...(matches(database, FOLDER) ? [] : ['database must be an absolute path']),
    ...(keyring === undefined || (typeof keyring === 'string' && keyring !== '') ? [] : ['keyring must be a string']),
    ...keyIssues(data['keys']),
    ...(keyring === undefined && data['keys'] === undefined ? ['keyring or keys must be set'] : []),
  ]
}

/** Returns the issue of a package name. */
export function dnfPackageIssue(name: unknown): string | undefined {
  return matches(name, PACKAGE) ? undefined : `package ${JSON.stringify(name)} is not valid`
}

function repositoryIssues(repository: unknown, at: number): readonly string[] {
  const { id, path, url, sha256 } = Object(repository) as Data
  return [
    ...(url === undefined
      ? []
      : [mirrorIssue(url)].flatMap((issue) => issue?.replace('mirror', `repositories[${at}].url`) ?? [])),
    ...(sha256 === undefined || matches(sha256, /^[0-9a-f]{64}$/i)
      ? []
      : [`repositories[${at}].sha256 must be 64 hex digits`]),
    ...(matches(id, WORD) ? [] : [`repositories[${at}].id is not valid`]),
    ...(matches(path, PATH) ? [] : [`repositories[${at}].path is not valid`]),
  ]
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}
