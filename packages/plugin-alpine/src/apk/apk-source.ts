import { createHash, createPublicKey } from 'node:crypto'
import { mirrorIssue } from '@polyarch/core/plugin'

/** A base made from an archive of apk packages. */
export interface ApkSource {
  /** For names: `alpine`. */
  readonly distribution: string
  /** The folder of the release under the mirror: `v3.22`. */
  readonly branch: string
  /** The distribution's own name: `armv7`. */
  readonly architecture: string
  /** Base URL of the archive. */
  readonly mirror: string
  /** Repositories of the branch: `main`, `community`. */
  readonly repositories: readonly string[]
  /** The requested packages of the base, without their dependencies: apk's world file. */
  readonly packages: readonly string[]
  /** Path on this machine of a public key in PEM; no other key is trusted. */
  readonly keyring?: string
  /** Public keys in PEM that sign indexes, by the hex sha256 of their DER form; trusted if `keyring` is not set. */
  readonly keys?: Readonly<Record<string, string>>
}

/** Returns the source in the user's terms. */
export function describeApkSource({ distribution, branch, architecture }: ApkSource): string {
  return `${distribution} ${branch} ${architecture} (packages)`
}

/** A part of a URL and of names; a leading dash would make it an option. */
const WORD = /^[A-Za-z0-9][\w.+-]*$/
/** A name, with a version. @see https://man.archlinux.org/man/apk-world.5 */
const PACKAGE = /^[A-Za-z0-9][\w.+-]*(?:(?:[<>=~]|[<>]=)[0-9][\w.~-]*)?$/

type Data = Readonly<Record<string, unknown>>

/** Returns the issues of a source. */
export function apkSourceIssues(data: Data): readonly string[] {
  const { repositories, packages, keyring, keys } = data
  const wrongMirror = mirrorIssue(data['mirror'])
  return [
    ...['distribution', 'branch', 'architecture'].flatMap((name) =>
      matches(data[name], WORD) ? [] : [`${name} ${JSON.stringify(data[name])} is not valid`],
    ),
    ...(wrongMirror === undefined ? [] : [wrongMirror]),
    ...(Array.isArray(repositories) && repositories.length > 0 && repositories.every((one) => matches(one, WORD))
      ? []
      : ['repositories must be a list with at least one name']),
    ...(Array.isArray(packages)
      ? packages.flatMap((name) => apkPackageIssue(name) ?? [])
      : ['packages must be a list of strings']),
    ...(keyring === undefined || (typeof keyring === 'string' && keyring !== '') ? [] : ['keyring must be a string']),
    ...(keyring === undefined && keys === undefined ? ['keyring or keys must be set'] : []),
    ...Object.entries(Object(keys ?? {}) as Data).flatMap(([fingerprint, key]) => {
      const is = keyFingerprint(key)
      return is === fingerprint ? [] : [`keys: the value of ${fingerprint} is ${is ?? 'not a public key in PEM'}`]
    }),
  ]
}

/** Returns the issue of a package name. */
export function apkPackageIssue(name: unknown): string | undefined {
  return matches(name, PACKAGE) ? undefined : `package ${JSON.stringify(name)} is not valid`
}

/** The hex sha256 of a public key's DER form; undefined if the value is not a public key in PEM. */
export function keyFingerprint(pem: unknown): string | undefined {
  if (typeof pem !== 'string') return undefined
  try {
    const der = createPublicKey(pem).export({ type: 'spki', format: 'der' })
    return createHash('sha256').update(der).digest('hex')
  } catch {
    return undefined
  }
}

/** Returns the public keys of a file, which may have several in PEM. */
export function publicKeys(text: string): readonly string[] {
  const blocks = text.match(/-----BEGIN ([A-Z ]*PUBLIC KEY)-----[^-]+-----END \1-----/g) ?? []
  return blocks.filter((pem) => keyFingerprint(pem) !== undefined)
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}
