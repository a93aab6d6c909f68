import { Code, codeOf } from '../code.js'
import { type BakeTarget, fieldLists, fieldText, isObject, textMap, texts } from './bake-file.js'

/** Options of `build(...)`, and notes on the others. */
export interface ImportedOptions {
  readonly build: Readonly<Record<string, unknown>>
  readonly notes: readonly string[]
}

type Fields = Readonly<Record<string, string>>

interface Reading {
  readonly isMultiPlatform: boolean
  readonly variableOf: (target: string) => string | undefined
  readonly note: (text: string) => void
}

type Reader = (value: unknown, reading: Reading) => Readonly<Record<string, unknown>>

/** Reads the build options of a target. Options that `READERS` and `OTHERS` do not name are noted. */
export function importOptions(
  target: BakeTarget,
  isMultiPlatform: boolean,
  variableOf: (target: string) => string | undefined,
): ImportedOptions {
  const notes: string[] = []
  const reading = { isMultiPlatform, variableOf, note: (text: string) => void notes.push(text) }
  const build: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(target)) {
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined
    if (reader !== undefined) Object.assign(build, reader(value, reading))
    else if (!ELSEWHERE.has(name)) notes.push(`'${name}' has no counterpart: ${codeOf(value)}`)
  }
  return { build, notes }
}

/** Read with the platforms and names of the target. */
const ELSEWHERE = new Set(['tags', 'platforms', 'annotations', 'description'])

const whole =
  (name: string): Reader =>
  (value) => ({ [name]: value })
const list =
  (name: string): Reader =>
  (value) =>
    texts(value).length > 0 ? { [name]: texts(value) } : {}

const READERS: Readonly<Record<string, Reader>> = {
  context: whole('context'),
  contexts: (value, { variableOf }) => ({
    contexts: Object.fromEntries(
      Object.entries(textMap(value)).map(([name, source]) => {
        const variable = source.startsWith('target:') ? variableOf(source.slice('target:'.length)) : undefined
        return [name, variable === undefined ? source : new Code(variable)]
      }),
    ),
  }),
  dockerfile: whole('dockerfile'),
  'dockerfile-inline': whole('dockerfileInline'),
  target: whole('target'),
  args: (value, { note }) => {
    const { BASE_IMAGE: _base, ...args } = textMap(value)
    for (const name of isObject(value) ? Object.keys(value).filter((one) => value[one] === null) : []) {
      note(`the build arg '${name}' had no value: bake takes it from the environment`)
    }
    return Object.keys(args).length > 0 ? { args } : {}
  },
  labels: (value) => ({ labels: textMap(value) }),
  network: whole('network'),
  'extra-hosts': (value) => ({
    addHosts: isObject(value)
      ? Object.entries(textMap(value)).map(([name, address]) => `${name}:${address}`)
      : texts(value).map((host) => host.replace('=', ':')),
  }),
  'no-cache': (value) => (value === true ? { noCache: true } : {}),
  'no-cache-filter': list('noCacheFilter'),
  pull: (value) => (value === true ? { pull: true } : {}),
  'shm-size': whole('shmSize'),
  ulimits: list('ulimits'),
  entitlements: list('entitlements'),
  secret: (value, { note }) => ({ secrets: Object.fromEntries(fieldLists(value).map((one) => secretOf(one, note))) }),
  ssh: (value, { note }) => ({ ssh: Object.fromEntries(sshEntries(value, note)) }),
  'cache-from': (value) => ({ cacheFrom: fieldLists(value).map(fieldText) }),
  'cache-to': cacheTo,
  attest: (value, { note }) => ({ attest: Object.assign({}, ...fieldLists(value).map((one) => attestOf(one, note))) }),
  output: (value, { note }) => {
    for (const one of fieldLists(value)) outputNote(one, note)
    return {}
  },
  call: (value, { note }) => {
    if (value !== 'build') note(`'call: ${String(value)}' has no counterpart: \`npx tsx build.ts plan\` checks a build`)
    return {}
  },
}

function secretOf(fields: Fields, note: Reading['note']): readonly [string, unknown] {
  const { id = '', src, source, env, type, ...unread } = fields
  if (id === '') note(`the secret '${fieldText(fields)}' has no id`)
  noteUnread(
    type === undefined || ['env', 'file'].includes(type) ? unread : { type, ...unread },
    `secret '${id}'`,
    note,
  )
  const file = src ?? source
  if (file !== undefined && env !== undefined) note(`the secret '${id}' has two sources: ${file} and ${env}`)
  if (src !== undefined && source !== undefined) note(`the secret '${id}' has two sources: ${src} and ${source}`)
  if (file !== undefined && type !== 'env') return [id, { file }]
  const variable = env ?? file
  if (variable === undefined) note(`the secret '${id}' names no source: its value is read from the variable ${id}`)
  return [id, { env: variable ?? id }]
}

/** Adds a note for each field that has no counterpart. */
function noteUnread(fields: Readonly<Record<string, unknown>>, what: string, note: Reading['note']): void {
  for (const [name, value] of Object.entries(fields)) note(`'${name}=${String(value)}' of ${what} has no counterpart`)
}

function sshEntries(value: unknown, note: Reading['note']): readonly (readonly [string, unknown])[] {
  const all = Array.isArray(value) ? value : [value]
  return all.map((item) => {
    const { id: named, paths: listed, ...unread } = isObject(item) ? item : readSsh(String(item))
    const id = named === undefined || named === '' ? 'default' : String(named)
    noteUnread(unread, `ssh '${id}'`, note)
    const paths = texts(listed)
    return [id, paths.length === 0 ? 'agent' : { keys: paths }]
  })
}

/** `default`, or `id=path,path`. */
function readSsh(text: string): Readonly<Record<string, unknown>> {
  const at = text.indexOf('=')
  return at < 0 ? { id: text } : { id: text.slice(0, at), paths: text.slice(at + 1).split(',') }
}

/** A field of an output that is pushed. */
function pushedNote(name: string, value: string): string {
  if (name === 'name') return `'output' also pushes ${value}: add its names to .tags(…)`
  if (name === 'oci-mediatypes' && value === 'false') return "'output' uses Docker's media types: add .format('docker')"
  return `'${name}=${value}' of output has no counterpart`
}

/** bake writes all platforms to one cache; here each platform needs its own. */
function cacheTo(value: unknown, { isMultiPlatform, note }: Reading): Readonly<Record<string, unknown>> {
  const caches = fieldLists(value).map((fields) =>
    fields[''] === undefined ? fields : { type: 'registry', ref: fields[''] },
  )
  const isShared = isMultiPlatform && caches.some(({ type = 'registry' }) => type !== 'inline')
  if (!isShared) return { cacheTo: caches.map(fieldText) }
  note('each platform writes a cache of its own: add the platform to the names in cacheFrom too')
  const items = caches.map((fields) => {
    const place = ['ref', 'dest', 'scope', 'name'].find((name) => fields[name] !== undefined)
    const { type = 'registry' } = fields
    if (type === 'inline') return codeOf(fieldText(fields))
    const own = place === undefined ? { ...fields, scope: 'build' } : fields
    const at = place ?? 'scope'
    const parts = Object.entries({ type, ...own }).map(([name, content]) => {
      const end = name === at ? '-${architecture}${variant}' : ''
      return `${templateText(fieldText({ [name]: content }))}${end}`
    })
    return `\`${parts.join(',')}\``
  })
  return { cacheTo: new Code(`({ architecture, variant = '' }) => [${items.join(', ')}]`) }
}

/** Text of the file as a part of a template literal. */
function templateText(text: string): string {
  return text
    .replace(/[\\`$]/g, '\\$&')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`)
}

function attestOf(fields: Fields, note: Reading['note']): object {
  const { type, disabled, ...settings } = fields
  if (disabled === 'true') return {}
  const { mode, ...ofProvenance } = settings
  const { generator, ...ofSbom } = settings
  if (type !== 'provenance' && type !== 'sbom') note(`the attestation '${fieldText(fields)}' has no counterpart`)
  else noteUnread(type === 'sbom' ? ofSbom : ofProvenance, 'attest', note)
  if (type === 'provenance') return { provenance: mode ?? 'min' }
  if (type === 'sbom') return { sbom: generator === undefined ? true : { generator } }
  return {}
}

function outputNote(fields: Fields, note: Reading['note']): void {
  const { type = 'local' } = fields
  if (type === 'registry' || (type === 'image' && fields['push'] === 'true')) {
    const { type: _type, push: _push, ...others } = fields
    for (const [name, value] of Object.entries(others)) note(pushedNote(name, value))
    return
  }
  const text = fieldText(fields)
  if (text === 'type=docker') note("'output: docker': run with --load")
  else if (type === 'image' || type === 'cacheonly') note(`'output: ${text}' has no counterpart: a run always pushes`)
  else note(`'output': run with --output ${text === fields[''] ? `type=local,dest=${text}` : text}`)
}
