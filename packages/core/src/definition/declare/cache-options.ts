import { localPath } from './build-secrets.js'
import { type OptionFields, readOptionFields, type TypedOption } from './option-fields.js'

/** A cache to import or export: its fields, `type=inline`, or only the name of an image. */
export type CacheOption = OptionFields

/** A validated cache to import or export. Paths are absolute. */
export type CacheDefinition = TypedOption

/** The attributes that a cache needs, by type. @see https://docs.docker.com/build/cache/backends/ */
const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  registry: ['ref'],
  local: ['src'],
  gha: [],
  s3: ['bucket'],
  azblob: ['name'],
}
const EXPORTS: Readonly<Record<string, readonly string[]>> = { ...IMPORTS, inline: [], local: ['dest'] }

/** The attribute that holds a directory of this machine, in caches of type `local`. */
const DIRECTORIES = ['src', 'dest']

/** Returns the issue of the value of `cacheFrom`. */
export function cacheFromIssue(value: unknown): string | undefined {
  return listIssue(value, IMPORTS, 'type=registry,ref=example.com/app:cache')
}

/** Returns the issue of the value of `cacheTo`. */
export function cacheToIssue(value: unknown): string | undefined {
  return listIssue(value, EXPORTS, 'type=registry,ref=example.com/app:cache,mode=max')
}

/** Converts valid caches. @param directory - where relative paths start */
export function readCaches(options: readonly CacheOption[], directory: string): readonly CacheDefinition[] {
  return options.flatMap((option) => readCache(option) ?? []).map((cache) => withAbsolutePaths(cache, directory))
}

function readCache(option: unknown): CacheDefinition | undefined {
  if (option === 'inline') return { type: 'inline', attributes: {} }
  // Like docker, treat a name without fields as an image.
  const isName = typeof option === 'string' && option !== '' && !/[=,\s]/.test(option)
  return isName ? { type: 'registry', attributes: { ref: option } } : readOptionFields(option)
}

function withAbsolutePaths({ type, attributes }: CacheDefinition, directory: string): CacheDefinition {
  if (type !== 'local') return { type, attributes }
  const entries = Object.entries(attributes).map(([name, value]) => [
    name,
    DIRECTORIES.includes(name) ? localPath(value, directory) : value,
  ])
  return { type, attributes: Object.fromEntries(entries) }
}

function listIssue(
  value: unknown,
  types: Readonly<Record<string, readonly string[]>>,
  example: string,
): string | undefined {
  if (!Array.isArray(value)) return `must be a list such as ['${example}']`
  return value.map((item) => cacheIssue(readCache(item), types, example)).find((one) => one !== undefined)
}

/** Attributes may contain credentials, so only their names are quoted. */
function cacheIssue(
  cache: CacheDefinition | undefined,
  types: Readonly<Record<string, readonly string[]>>,
  example: string,
): string | undefined {
  if (cache === undefined) return `must be strings such as '${example}', or objects with these fields`
  const { type, attributes } = cache
  const needed = Object.hasOwn(types, type) ? types[type] : undefined
  if (needed === undefined) return `cache type '${type}' is not supported here: use ${Object.keys(types).join(', ')}`
  const missing = needed.find((name) => !attributes[name])
  if (missing !== undefined)
    return `a cache of type ${type} requires '${missing}'; its fields are those of '${example}'`
  const { mode = 'min' } = attributes
  return mode === 'min' || mode === 'max' ? undefined : `cache mode '${mode}' is not valid: use 'min' or 'max'`
}
