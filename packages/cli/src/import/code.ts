import reservedIdentifiers from 'reserved-identifiers'

/** TypeScript code, written unchanged among values. */
export class Code {
  constructor(readonly text: string) {}
}

const WIDTH = 110

/** Writes a value as TypeScript: on one line if it fits. Undefined properties are omitted. */
export function codeOf(value: unknown, indent = ''): string {
  if (value instanceof Code) return value.text
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value))
    return bracketed(
      '[',
      value.map((item) => codeOf(item, `${indent}  `)),
      ']',
      indent,
    )
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).flatMap(([name, item]) =>
    item === undefined ? [] : [`${propertyName(name)}: ${codeOf(item, `${indent}  `)}`],
  )
  return bracketed('{ ', entries, ' }', indent)
}

/** Writes a call with its arguments; a long last one begins on the line of the call. */
export function callOf(name: string, values: readonly unknown[], indent = ''): string {
  const line = `${name}(${values.map((value) => codeOf(value, indent)).join(', ')})`
  const isListed = values.length > 1 && values.every((value) => typeof value !== 'object' || value instanceof Code)
  const isShort = indent.length + line.length <= WIDTH && !line.includes('\n')
  if (isShort || !isListed) return line
  return bracketed(
    `${name}(`,
    values.map((value) => codeOf(value, `${indent}  `)),
    ')',
    indent,
  )
}

function bracketed(open: string, items: readonly string[], close: string, indent: string): string {
  if (items.length === 0) return `${open.trim()}${close.trim()}`
  const line = `${open}${items.join(', ')}${close}`
  if (indent.length + line.length <= WIDTH && !line.includes('\n')) return line
  return `${open.trim()}\n${items.map((item) => `${indent}  ${item},\n`).join('')}${indent}${close.trim()}`
}

/** Escapes foreign text for a comment: removes characters that end a line of TypeScript or change its display. */
export function commentText(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
}

function propertyName(name: string): string {
  // Any other spelling sets the prototype.
  if (name === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

function quoted(text: string): string {
  const json = JSON.stringify(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped)
  if (text.includes("'") && !text.includes('"')) return json
  const inner = json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner}'`
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

/** Names that the written program imports or declares itself. */
const USED_NAMES = ['assemble', 'execute', 'main', 'fromImage', 'pipeline', 'platform', 'run', 'formatPlatform']

const RESERVED: ReadonlySet<string> = new Set([
  ...reservedIdentifiers({ includeGlobalProperties: true }),
  ...USED_NAMES,
])

/** Makes an unused variable name: `web-app` becomes `webApp`. */
export function variableName(text: string, taken: Set<string>): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const camel = words.map((word, at) => (at === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')
  const start = /^[A-Za-z]/.test(camel) && !RESERVED.has(camel) ? camel : `image${camel}`
  let name = start
  for (let count = 2; taken.has(name); count += 1) name = `${start}${count}`
  taken.add(name)
  return name
}
