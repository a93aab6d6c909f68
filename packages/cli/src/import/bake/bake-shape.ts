import { unreadable } from '../names.js'

/** Describes the type of a field, for a message. */
type Shape = readonly [what: string, fits: (value: unknown) => boolean]

const isText = (value: unknown): boolean => typeof value === 'string'
const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)
const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const isTexts = (value: unknown): boolean => isText(value) || (Array.isArray(value) && value.every(isText))
const isTextMap = (value: unknown): boolean =>
  isMap(value) && Object.values(value).every((one) => one === null || isScalar(one))
const isFields = (value: unknown): boolean =>
  isText(value) || (isMap(value) && Object.values(value).every((one) => isScalar(one) || isTexts(one)))

const TEXT: Shape = ['a string', isText]
const TEXTS: Shape = ['a list of strings', isTexts]
const TEXT_MAP: Shape = ['an object of strings', isTextMap]
const SWITCH: Shape = ['true or false', (value) => typeof value === 'boolean']
const FIELDS: Shape = [
  'a list of strings or objects',
  (value) => isFields(value) || (Array.isArray(value) && value.every(isFields)),
]

/** The fields of a target, as `docker buildx bake --print` writes them. Others are noted, whatever their value is. */
const TARGET_FIELDS: ReadonlyMap<string, Shape> = new Map([
  ...['context', 'dockerfile', 'dockerfile-inline', 'target', 'network', 'shm-size', 'call', 'description'].map(
    (name) => [name, TEXT] as const,
  ),
  ...['tags', 'platforms', 'annotations', 'no-cache-filter', 'ulimits', 'entitlements'].map(
    (name) => [name, TEXTS] as const,
  ),
  ...['args', 'labels', 'contexts'].map((name) => [name, TEXT_MAP] as const),
  ...['secret', 'ssh', 'cache-from', 'cache-to', 'attest', 'output'].map((name) => [name, FIELDS] as const),
  ...['no-cache', 'pull'].map((name) => [name, SWITCH] as const),
  ['extra-hosts', ['an object or a list of strings', (value) => isTextMap(value) || isTexts(value)]],
])

const GROUP_FIELDS: ReadonlyMap<string, Shape> = new Map([
  ['targets', TEXTS],
  ['description', TEXT],
])

/** Rejects values that would be lost. @throws DefinitionError USAGE for the first */
export function checkShapes(kind: 'target' | 'group', all: Readonly<Record<string, unknown>>, path: string): void {
  const fields = kind === 'target' ? TARGET_FIELDS : GROUP_FIELDS
  for (const [name, one] of Object.entries(all)) {
    if (!isMap(one)) throw misshapen(path, `${kind} '${name}' is not an object`)
    for (const [field, value] of Object.entries(one)) {
      const [what, fits] = fields.get(field) ?? ['', () => true]
      if (value !== null && !fits(value)) throw misshapen(path, `${kind} '${name}': '${field}' is not ${what}`)
    }
  }
}

function misshapen(path: string, message: string): Error {
  return unreadable(path, message, 'use the output of `docker buildx bake --print`')
}
