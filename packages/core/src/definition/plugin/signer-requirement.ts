import { isJsonObject } from '../../model/json-fields.js'
import { isFileUrl } from '../file-url.js'

/** The required signer of an image. */
export type SignerRequirement = RequiredKey | RequiredIdentity

/** The owner of a key. */
export interface RequiredKey {
  /** Its public half in PEM, or the path of a file with it. */
  readonly key: string | URL
}

/** A person or a CI workflow, identified by a certificate of sigstore. */
export interface RequiredIdentity {
  /** The identity in the certificate: an email address, or the URL of a workflow with its branch. */
  readonly identity: string
  /** The URL of the provider that issued its token: `https://token.actions.githubusercontent.com`. */
  readonly issuer: string
  /** Path of the trusted root of a sigstore of your own; by default that of the public one is downloaded. */
  readonly trustedRoot?: string | URL
}

const HOW_TO =
  "write { key: 'cosign.pub' }, with a path or the public key in PEM, or { identity: '…', issuer: 'https://…' }"

/** Returns the issues of a requirement, which may be written without types. */
export function signerIssue(value: unknown): string | undefined {
  if (!isJsonObject(value)) return `must be an object: ${HOW_TO}`
  const known = 'key' in value ? ['key'] : ['identity', 'issuer', 'trustedRoot']
  const other = Object.keys(value).find((name) => !known.includes(name))
  if (other !== undefined) return `has no option '${other}': ${HOW_TO}`
  if ('key' in value) return isPlace(value['key']) ? undefined : `has no valid key: ${HOW_TO}`
  const { identity, issuer, trustedRoot } = value
  if (!isText(identity) || !isText(issuer)) return `must have an identity and an issuer: ${HOW_TO}`
  return trustedRoot === undefined || isPlace(trustedRoot) ? undefined : `has no valid trustedRoot: ${HOW_TO}`
}

function isPlace(value: unknown): value is string | URL {
  return value instanceof URL ? isFileUrl(value) : isText(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Whether the text is a key in PEM and not a path. */
export function isPem(key: string): boolean {
  return key.includes('-----BEGIN')
}

/** Text for a required signer in messages: the path of its key, or its identity. */
export function formatSigner(signer: SignerRequirement): string {
  if (!('key' in signer)) return `${signer.identity} of ${signer.issuer}`
  const { key } = signer
  if (key instanceof URL) return `the key ${key.pathname}`
  return isPem(key) ? 'the given key' : `the key ${key}`
}
