import { codeOf } from '../code.js'
import { unreadable } from '../names.js'
import { checkShapes } from './bake-shape.js'

/** A file as `docker buildx bake --print` writes it. */
export interface BakeFile {
  readonly group: Readonly<Record<string, { readonly targets: readonly string[] }>>
  readonly target: Readonly<Record<string, BakeTarget>>
  /** Notes on fields that have no counterpart. */
  readonly notes: readonly string[]
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
  const { group = {}, target, ...others } = withoutTemplates(value) as Readonly<Record<string, unknown>>
  if (!isObject(group) || !isObject(target)) {
    throw unreadable(path, 'it has no targets', 'use the output of `docker buildx bake --print`')
  }
  checkShapes('target', target, path)
  checkShapes('group', group, path)
  const [name, one] =
    Object.entries(target).find(([, one]) => UNRESOLVED.some((field) => field in (one as object))) ?? []
  const notes = Object.entries(others).map(([name, content]) => unreadField(`'${name}'`, content))
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
    const { targets, ...unread } = one as Readonly<Record<string, unknown>>
    for (const [field, content] of Object.entries(unread))
      notes.push(unreadField(`group '${name}': '${field}'`, content))
    const missing = texts(targets).find((name) => !Object.hasOwn(target, name) && !Object.hasOwn(group, name))
    if (missing !== undefined) {
      throw unreadable(path, `group '${name}' names '${missing}', which is not a target`, 'correct the group')
    }
    return [name, { targets: texts(targets) }] as const
  })
  const targets = Object.entries(target as Readonly<Record<string, BakeTarget>>)
  return { group: ownOnly(groups), target: ownOnly(targets), notes }
}

/** A record without a prototype, so that names of the file, such as `constructor`, find only its entries. */
function ownOnly<Value>(entries: readonly (readonly [string, Value])[]): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null), Object.fromEntries(entries))
}

function unreadField(what: string, content: unknown): string {
  return `${what} has no counterpart: ${codeOf(content)}`
}

/** JSON for bake has templates, as HCL does: a literal `${` is written as `$${`. */
function withoutTemplates(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/([$%])\1\{/g, '$1{')
  if (Array.isArray(value)) return value.map(withoutTemplates)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutTemplates(one)]))
}

/** The targets of a group, with those of the groups in it. */
export function targetsOf(
  { group, target }: Omit<BakeFile, 'notes'>,
  name: string,
  seen = new Set<string>(),
): readonly string[] {
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

/** Strings by name; numbers and booleans become text; entries without a value are omitted. */
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
  const fields = splitFields(text).map((field) => {
    const at = field.indexOf('=')
    return at < 0 ? ([field, 'true'] as const) : ([field.slice(0, at), field.slice(at + 1)] as const)
  })
  const twice = fields.find(([name], at) => fields.findIndex(([one]) => one === name) < at)
  if (twice !== undefined) throw unreadable('import', `'${text}' has '${twice[0]}' twice`, 'keep one of them')
  return Object.fromEntries(fields)
}

/** Fields that contain a comma are quoted: `type=image,"name=a,b"`. */
function splitFields(text: string): readonly string[] {
  const fields = [...`,${text}`.matchAll(/,(?:"((?:[^"]|"")*)"(?=,|$)|([^,]*))/g)]
  return fields.map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain).filter((field) => field !== '')
}

/** Fields as text, `type` first; one with a comma is quoted. */
export function fieldText({ type, ...others }: Readonly<Record<string, string>>): string {
  const all = [...(type === undefined ? [] : [['type', type] as const]), ...Object.entries(others)]
  const fields = all.map(([name, value]) => (name === '' ? value : `${name}=${value}`))
  return fields.map((field) => (/[,"]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
}
