import { unreadable } from '../names.js'

/** A file as `docker buildx bake --print` writes it. */
export interface BakeFile {
  readonly group: Readonly<Record<string, { readonly targets: readonly string[]; readonly description?: string }>>
  readonly target: Readonly<Record<string, BakeTarget>>
}

/** A target, with the names of bake. */
export type BakeTarget = Readonly<Record<string, unknown>>

/** Whether parsed JSON is of this kind. */
export function isBakeFile(value: unknown): value is { readonly target: object } {
  return isObject(value) && isObject(value['target'])
}

/** What bake resolves before it prints targets. */
const UNRESOLVED = ['inherits', 'matrix', 'name']

/** Reads parsed JSON. @throws DefinitionError USAGE */
export function readBakeFile(value: unknown, path: string): BakeFile {
  const { group = {}, target } = withoutTemplates(value) as { readonly group?: unknown; readonly target: unknown }
  if (!isObject(group) || !isObject(target) || !Object.values(target).every(isObject)) {
    throw unreadable(path, 'it has no targets', 'use the output of `docker buildx bake --print`')
  }
  const [name, one] =
    Object.entries(target).find(([, one]) => UNRESOLVED.some((field) => field in (one as object))) ?? []
  const field = UNRESOLVED.find((field) => isObject(one) && field in one)
  if (field !== undefined || (isObject(value) && 'variable' in value)) {
    const found = field === undefined ? 'it has variables' : `target '${name}' has '${field}'`
    throw unreadable(
      path,
      `${found}, which bake resolves`,
      `run \`docker buildx bake --file ${path} --print > bake.json\``,
    )
  }
  const groups = Object.entries(group).map(([name, one]) => {
    const targets = isObject(one) && Array.isArray(one['targets']) ? one['targets'] : []
    return [name, { targets: targets.filter((item): item is string => typeof item === 'string') }] as const
  })
  return { group: Object.fromEntries(groups), target: target as Readonly<Record<string, BakeTarget>> }
}

/** JSON for bake has templates, as HCL does: a literal `${` is written as `$${`. */
function withoutTemplates(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/([$%])\1\{/g, '$1{')
  if (Array.isArray(value)) return value.map(withoutTemplates)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutTemplates(one)]))
}

/** The targets of a group, with those of the groups in it. */
export function targetsOf({ group, target }: BakeFile, name: string, seen = new Set<string>()): readonly string[] {
  if (seen.has(name)) return []
  seen.add(name)
  const below = group[name]?.targets.flatMap((one) => targetsOf({ group, target }, one, seen)) ?? []
  return target[name] === undefined ? below : [name, ...below]
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Strings of a list, or one string. */
export function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

/** Strings by name; numbers and booleans become text, and what has no value is left out. */
export function textMap(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => (one === null || one === undefined ? [] : [[name, String(one)]])),
  )
}

/** Entries with fields: objects, or text such as `type=registry,ref=NAME`. */
export function fieldLists(value: unknown): readonly Readonly<Record<string, string>>[] {
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return list.map((item) => (typeof item === 'string' ? readFields(item) : textMap(item)))
}

function readFields(text: string): Readonly<Record<string, string>> {
  if (!text.includes('=')) return { '': text }
  return Object.fromEntries(
    splitFields(text).map((field) => {
      const at = field.indexOf('=')
      return at < 0 ? [field, 'true'] : [field.slice(0, at), field.slice(at + 1)]
    }),
  )
}

/** Fields that contain a comma are quoted: `type=image,"name=a,b"`. */
function splitFields(text: string): readonly string[] {
  const fields = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)]
  return fields.map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain)
}

/** Fields as text, `type` first. */
export function fieldText({ type, ...others }: Readonly<Record<string, string>>): string {
  const all = [...(type === undefined ? [] : [['type', type] as const]), ...Object.entries(others)]
  return all.map(([name, value]) => (name === '' ? value : `${name}=${value}`)).join(',')
}
