import { isFileUrl } from '../../file-url.js'
import { readBytes } from '../build/build-checks.js'

/** Returns the issue of a value; undefined if it is valid. */
type Check = (value: unknown) => string | undefined

const isText = (value: unknown): value is string => typeof value === 'string'
const isPattern = (value: unknown): boolean => isText(value) || value instanceof RegExp
const isAbsolute = (value: unknown): boolean => isText(value) && value.startsWith('/') && !value.includes('\0')

const text: Check = (value) => (isText(value) && value !== '' ? undefined : 'must be a string')
const anyText: Check = (value) => (isText(value) ? undefined : 'must be a string')
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
const path: Check = (value) => (isAbsolute(value) ? undefined : "must be an absolute path, such as '/etc/app.conf'")
const texts: Check = (value) => (Array.isArray(value) && value.every(isText) ? undefined : 'must be a list of strings')
const bytes: Check = (value) =>
  readBytes(value) === undefined ? "must be a number of bytes, or a string such as '64m'" : undefined
const milliseconds: Check = (value) =>
  isWhole(value) && Number(value) > 0 ? undefined : 'must be a number of milliseconds above 0'
const id: Check = (value) => (isWhole(value) ? undefined : 'must be a number, not a name')

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

const command: Check = (value) => {
  const issue = texts(value)
  if (issue !== undefined) return "must be a list of strings: program and arguments, such as ['node', '--version']"
  return (value as readonly string[])[0] ? undefined : 'has no program'
}

const expected: Check = (value) => {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0 || !list.every(isPattern)) return 'must be a string, a RegExp, or a list of these'
  return list.includes('') ? 'contains an empty string, which every text contains' : undefined
}

const mode: Check = (value) => (readMode(value) === undefined ? "must be permission bits such as '0755'" : undefined)

/** Permission bits, from a number or octal digits. */
export function readMode(value: unknown): number | undefined {
  const bits = isText(value) && /^[0-7]{3,5}$/.test(value) ? Number.parseInt(value, 8) : value
  return isWhole(bits) && Number(bits) <= 0o7777 ? Number(bits) : undefined
}

function oneOf(...words: readonly string[]): Check {
  return (value) => (words.some((word) => word === value) ? undefined : `must be one of ${words.join(', ')}`)
}

function mapOf(isRight: (value: unknown) => boolean, what: string): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object'
    const wrong = Object.entries(value).find((entry) => !isRight(entry[1]))
    return wrong === undefined ? undefined : `'${wrong[0]}' must be ${what}`
  }
}

const variables = mapOf(isText, 'a string')
const values = mapOf((value) => isPattern(value) || value === false, 'a string, a RegExp or false')

const mount: Check = (value) => {
  if (typeof value !== 'object' || value === null)
    return "must be an object such as { source: './test', target: '/test' }"
  const { source, target, ...others } = value as Readonly<Record<string, unknown>>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return `has no field '${unknown}'`
  if (source instanceof URL ? !isFileUrl(source) : text(source))
    return "its 'source' must be a directory or a file: URL"
  return isAbsolute(target) && target !== '/' ? undefined : "its 'target' must be an absolute path below '/'"
}

const port: Check = (value) =>
  Array.isArray(value) && value.every((one) => readPort(one) !== undefined)
    ? undefined
    : "must be a list of ports such as 8080 or '53/udp'"

/** A port as configs name it: `8080/tcp`. */
export function readPort(value: unknown): string | undefined {
  const [, number, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(String(value)) ?? []
  return number === undefined || Number(number) > 65_535 ? undefined : `${number}/${protocol}`
}

const run = { env: variables, user: text, workingDir: path, network: oneOf('none', 'default') }

/** The kinds of tests by the field that each has, and the checks of its fields. */
export const TEST_FIELDS = {
  command: {
    ...{ command, exitCode: id, timeout: milliseconds, mount, ...run },
    ...{ expectedOutput: expected, excludedOutput: expected, expectedError: expected, excludedError: expected },
  },
  path: {
    ...{ path, shouldExist: flag, type: oneOf('file', 'directory', 'symlink'), mode, uid: id, gid: id },
    ...{ expectedContent: expected, excludedContent: expected },
  },
  metadata: { metadata: mapOf(() => true, '') },
  size: { size: mapOf(() => true, '') },
  run: {
    run: (value: unknown) => (typeof value === 'function' ? undefined : 'must be a function'),
    version: text,
    timeout: milliseconds,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Check>>>>

/** Checks of the fields within `metadata` and `size`. */
export const INNER_FIELDS: Readonly<Record<'metadata' | 'size', Readonly<Record<string, Check>>>> = {
  metadata: {
    ...{ env: values, labels: values, entrypoint: texts, cmd: texts, user: anyText, workingDir: path },
    ...{ exposedPorts: port, volumes: texts },
  },
  size: { min: bytes, max: bytes },
}
