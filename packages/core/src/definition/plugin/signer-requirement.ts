import { isJsonObject } from '../../model/json-fields.js'
import { isFileUrl } from '../file-url.js'

/** Who must have signed an image. */
export type SignerRequirement =
  /** The owner of a key: its public half in PEM, or the path of a file with it. */
  { readonly key: string | URL }

const HOW_TO = "write { key: 'cosign.pub' }, with a path or the public key in PEM"

/** Returns what is wrong with a requirement that may be written without types. */
export function signerIssue(value: unknown): string | undefined {
  if (!isJsonObject(value)) return `must be an object: ${HOW_TO}`
  const { key, ...others } = value
  const [other] = Object.keys(others)
  if (other !== undefined) return `has no option '${other}': ${HOW_TO}`
  const isKey = key instanceof URL ? isFileUrl(key) : typeof key === 'string' && key !== ''
  return isKey ? undefined : `has no valid key: ${HOW_TO}`
}

/** Whether the text of a key is the key itself, rather than a path. */
export function isPem(key: string): boolean {
  return key.includes('-----BEGIN')
}

/** Text for a required signer in messages: the path of its key. */
export function formatSigner({ key }: SignerRequirement): string {
  if (key instanceof URL) return `the key ${key.pathname}`
  return isPem(key) ? 'the given key' : `the key ${key}`
}
