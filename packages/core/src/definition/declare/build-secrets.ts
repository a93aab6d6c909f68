import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isFileUrl } from '../file-url.js'

/** Source of a secret: a file, an environment variable, or a value. It is read when a step of the build requests it. */
export type SecretSource =
  | { readonly file: string | URL }
  | { readonly env: string }
  | { readonly value: SecretValue | (() => SecretValue | Promise<SecretValue>) }

/** The value of a secret itself. */
export type SecretValue = string | Uint8Array

/**
 * Agent for `RUN --mount=type=ssh`: `agent`, the one of SSH_AUTH_SOCK; another one by its socket; or private keys
 * without a passphrase, with which this process signs. Keys never leave this machine.
 */
export type SshSource = 'agent' | { readonly agent: string } | { readonly keys: readonly (string | URL)[] }

/** A secret of a definition. A value is wrapped in a function, so that printing a definition never shows it. */
export type SecretDefinition =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'value'; readonly read: () => SecretValue | Promise<SecretValue> }

/** An ssh agent, by its socket or else SSH_AUTH_SOCK; or the files of keys. Paths are absolute. */
export type SshDefinition =
  | { readonly kind: 'agent'; readonly socket?: string }
  | { readonly kind: 'keys'; readonly files: readonly string[] }

/** Returns the issue of a map of secrets, without quoting a value. */
export function secretsIssue(value: unknown): string | undefined {
  return mapIssue(value, isSecretSource, "write { file: '…' }, { env: '…' } or { value: … }")
}

/** Returns the issue of a map of ssh agents and keys. */
export function sshIssue(value: unknown): string | undefined {
  return mapIssue(value, isSshSource, "write 'agent', { agent: '/path/of/socket' } or { keys: ['~/.ssh/…'] }")
}

function mapIssue(value: unknown, isRight: (item: unknown) => boolean, howTo: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `must be an object by id: ${howTo}`
  const wrong = Object.entries(value).find(([id, item]) => !isId(id) || !isRight(item))
  if (wrong === undefined) return undefined
  return isId(wrong[0]) ? `'${wrong[0]}' is not valid: ${howTo}` : `'${wrong[0]}' is not a valid id`
}

/** An id must be valid in a flag of RUN. */
function isId(id: string): boolean {
  return /^[\w.:/-]+$/.test(id)
}

/** Returns the issue of a single secret, without quoting a value. */
export function secretIssue(value: unknown): string | undefined {
  return isSecretSource(value) ? undefined : "must be { file: '…' }, { env: '…' } or { value: … }"
}

/** Whether a value is the source of a secret. */
export function isSecretSource(value: unknown): value is SecretSource {
  if (!isObjectOfOne(value)) return false
  if ('file' in value) return isPath(value.file)
  if ('env' in value) return isText(value.env)
  return 'value' in value && (typeof value.value === 'function' || isSecretValue(value.value))
}

/** Whether something can be the value of a secret. */
export function isSecretValue(value: unknown): value is SecretValue {
  return typeof value === 'string' || value instanceof Uint8Array
}

function isSshSource(value: unknown): value is SshSource {
  if (value === 'agent') return true
  if (!isObjectOfOne(value)) return false
  if ('agent' in value) return isText(value.agent)
  return 'keys' in value && Array.isArray(value.keys) && value.keys.length > 0 && value.keys.every(isPath)
}

function isObjectOfOne(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 1
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isPath(value: unknown): value is string | URL {
  return value instanceof URL ? isFileUrl(value) : isText(value)
}

/** Secrets as they are kept in a definition. */
export function readSecrets(
  sources: Readonly<Record<string, SecretSource>>,
  directory: string,
): Readonly<Record<string, SecretDefinition>> {
  return Object.fromEntries(Object.entries(sources).map(([id, source]) => [id, readSecretSource(source, directory)]))
}

/** A secret as it is kept in a definition. */
export function readSecretSource(source: SecretSource, directory: string): SecretDefinition {
  if ('file' in source) return { kind: 'file', path: localPath(source.file, directory) }
  if ('env' in source) return { kind: 'env', name: source.env }
  const { value } = source
  return { kind: 'value', read: typeof value === 'function' ? value : () => value }
}

/** Agents and keys as they are kept in a definition. */
export function readSsh(
  sources: Readonly<Record<string, SshSource>>,
  directory: string,
): Readonly<Record<string, SshDefinition>> {
  return Object.fromEntries(
    Object.entries(sources).map(([id, source]): readonly [string, SshDefinition] => {
      if (source === 'agent') return [id, { kind: 'agent' }]
      if ('agent' in source) return [id, { kind: 'agent', socket: localPath(source.agent, directory) }]
      return [id, { kind: 'keys', files: source.keys.map((file) => localPath(file, directory)) }]
    }),
  )
}

/** An absolute path; `~/` is the user's home. */
export function localPath(path: string | URL, directory: string): string {
  if (path instanceof URL) return fileURLToPath(path)
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(directory, path)
}
