import { attestIssue } from '../../declare/attestation-options.js'
import { contextIssue } from '../../declare/build-context.js'
import { secretIssue, secretsIssue, sshIssue } from '../../declare/build-secrets.js'
import type { BuildOptions, Ulimit } from '../../declare/build-settings.js'
import { cacheFromIssue, cacheToIssue } from '../../declare/cache-options.js'
import { ENTITLEMENTS } from '../../declare/entitlements.js'
import { contextsIssue } from '../../declare/named-contexts.js'
import { isFileUrl } from '../../file-url.js'

/** An issue of a value, with the keys that it concerns. */
export interface WrongEntry {
  readonly key: string
  readonly message: string
}

/** Returns the issue of a value; undefined if it is valid. */
type Check = (value: unknown) => string | WrongEntry | undefined

const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a string')
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
const texts: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? undefined : 'must be a list of strings'

function mapOf(what: string, isRight: (item: unknown) => boolean): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return 'must be an object of strings by name'
    const [key, item] = Object.entries(value).find((entry) => !isRight(entry[1])) ?? []
    if (key === undefined) return undefined
    return { key, message: `must be ${what}, but is ${typeof item === 'number' ? item : typeof item}` }
  }
}

/** Numbers in plain notation; `1e21` and NaN must be texts. */
function isArg(item: unknown): boolean {
  if (typeof item === 'number') return /^-?\d+(?:\.\d+)?$/.test(String(item))
  return typeof item === 'string' || typeof item === 'boolean'
}

function oneOf(...words: readonly string[]): Check {
  return (value) => (words.some((word) => word === value) ? undefined : `must be one of ${words.join(', ')}`)
}

function pathTo(what: string): Check {
  return (value) => {
    if (!(value instanceof URL)) return text(value)
    return isFileUrl(value) ? undefined : `must be ${what}, or a file: URL`
  }
}

function each(what: string, isRight: (item: string) => boolean): Check {
  return (value) => {
    const wrong = Array.isArray(value) ? value.find((item) => typeof item !== 'string' || !isRight(item)) : value
    if (Array.isArray(value) && wrong === undefined) return undefined
    // Only the first field: the rest may contain a password.
    return `'${String(wrong).split(',')[0]}' is not valid: ${what}`
  }
}

/** One check per option of a build. */
export const BUILD_CHECKS: Readonly<Record<keyof BuildOptions, Check>> = {
  attest: attestIssue,
  context: contextIssue,
  contexts: contextsIssue,
  dockerfile: pathTo('a path'),
  dockerfileInline: text,
  target: text,
  args: mapOf('a string, a number or a boolean', isArg),
  labels: mapOf('a string', (item) => typeof item === 'string'),
  network: text,
  addHosts: texts,
  noCache: flag,
  pull: flag,
  noCacheFilter: texts,
  cache: (value) => (value === 'registry' ? undefined : "must be 'registry'; other caches are cacheFrom and cacheTo"),
  cacheFrom: cacheFromIssue,
  cacheTo: cacheToIssue,
  entitlements: each(`entitlements are ${ENTITLEMENTS.join(' and ')}`, (item) =>
    ENTITLEMENTS.some((one) => one === item),
  ),
  shmSize: (value) =>
    readBytes(value) === undefined ? "must be a number of bytes, or a string such as '128m'" : undefined,
  ulimits: each("write 'nofile=1024:2048'", (item) => readUlimit(item) !== undefined),
  secrets: secretsIssue,
  keySecret: secretIssue,
  ssh: sshIssue,
  fileModes: oneOf('exact', 'git'),
  reuse: flag,
  unpinned: oneOf('reuse', 'rebuild', 'refuse'),
}

const UNITS = ['b', 'k', 'm', 'g']

/** Parses bytes, from a number or a text such as `64m`. */
export function readBytes(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? value : undefined
  const match = typeof value === 'string' ? /^(\d+)([bkmg]?)b?$/i.exec(value) : null
  if (match === null) return undefined
  const bytes = Number(match[1]) * 1024 ** UNITS.indexOf(match[2]?.toLowerCase() || 'b')
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined
}

/** Parses a limit, `name=soft` or `name=soft:hard`; -1 is unlimited. */
export function readUlimit(item: string): Ulimit | undefined {
  const match = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(item)
  if (match === null) return undefined
  const [, name = '', soft, hard = soft] = match
  return { name, soft: Number(soft), hard: Number(hard) }
}
