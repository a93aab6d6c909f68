import type {
  ArrayValue,
  ParameterDefaultOperation,
  ParameterExpansionPart,
  ParameterOperation,
  ParameterRemoveOperation,
  ParameterReplaceOperation,
  Word,
  WordPart,
} from 'unbash'

/** The value of a variable; a list is an array of bash, or the arguments of a function. */
export type Value = string | readonly string[]

/** Values of variables that are known; the arguments of a function are `@`. */
export type Variables = Map<string, Value>

/** Longest value of a variable, in characters: a loop may double it each time. */
const MAX_VALUE = 4096

/** Sets a variable; a value that is too long makes it unknown. */
export function setVariable(variables: Variables, name: string, value: Value | undefined): void {
  const length = typeof value === 'string' ? value.length : (value ?? []).join(' ').length
  if (value === undefined || length > MAX_VALUE) variables.delete(name)
  else variables.set(name, value)
}

/** Expands a word to fields, as for the arguments of a command; undefined if a part of it has no known value. */
export function fieldsOf(word: Word, variables: Variables): readonly string[] | undefined {
  const fields: string[] = []
  for (const parts of braceAlternatives(word)) {
    const list = listOf(parts, variables)
    const own = list ?? splitFields(parts, variables)
    if (own === undefined) return undefined
    fields.push(...own)
  }
  return fields
}

/** Expands a word to one text, as for the value of a variable; undefined if a part of it has no known value. */
export function textOf(word: Word | undefined, variables: Variables): string | undefined {
  if (word === undefined) return ''
  const texts = (word.parts ?? [literal(word.value)]).map((part) => partText(part, variables))
  return texts.every((text) => text !== undefined) ? texts.join('') : undefined
}

/** Expands the elements of an array. */
export function elementsOf({ elements }: ArrayValue, variables: Variables): readonly string[] | undefined {
  const lists = elements.map((word) => fieldsOf(word, variables))
  return lists.every((list) => list !== undefined) ? lists.flat() : undefined
}

/** Whether a text matches a pattern of `case`; undefined if the pattern cannot be evaluated. */
export function matches(text: string, pattern: Word, variables: Variables): boolean | undefined {
  const source = patternSource(pattern, variables, { stars: 2 })
  return source === undefined ? undefined : new RegExp(`^${source}$`, 's').test(text)
}

function literal(value: string): WordPart {
  return { type: 'Literal', value, text: value, pos: 0, end: 0 }
}

/** The parts of a word for each alternative of its braces: `app-{amd64,arm}`. Other braces have no known value. */
function braceAlternatives({ value, parts = [literal(value)] }: Word): readonly (readonly WordPart[])[] {
  const at = parts.findIndex(({ type }) => type === 'BraceExpansion')
  const [, inside] = /^\{([\w.:/@,-]*)\}$/.exec(parts[at]?.text ?? '') ?? []
  if (!inside?.includes(',')) return [parts]
  return inside.split(',').map((text) => [...parts.slice(0, at), literal(text), ...parts.slice(at + 1)])
}

/** The elements of an array that is the whole word: `"${ARCHS[@]}"` or `"$@"`. */
function listOf([part, ...others]: readonly WordPart[], variables: Variables): readonly string[] | undefined {
  if (part === undefined || others.length > 0) return undefined
  if (part.type === 'DoubleQuoted') return listOf(part.parts, variables)
  const [, name] = /^\$\{(\w+)\[@\]\}$/.exec(part.text) ?? []
  const value = variables.get(part.text === '$@' || part.text === '${@}' ? '@' : (name ?? ''))
  return typeof value === 'string' ? undefined : value
}

/** The fields of a word: spaces in the values of unquoted variables end them. */
function splitFields(parts: readonly WordPart[], variables: Variables): readonly string[] | undefined {
  const texts = parts.map((part) => {
    const text = partText(part, variables)
    if (text === undefined) return undefined
    if (part.type !== 'SimpleExpansion' && part.type !== 'ParameterExpansion') return KEPT + text
    // A value with such characters would be a pattern of file names.
    return /[*?[]/.test(text) ? undefined : splitValue(text, variables.get('IFS'))
  })
  if (texts.includes(undefined)) return undefined
  const fields = texts.join('').split(END)
  return fields.filter((field) => field !== '').map((field) => field.replaceAll(KEPT, ''))
}

/**
 * Control characters that scripts do not contain: the end of a field, and the mark of a quoted text, which is a field
 * even if it is empty.
 */
const [END, KEPT] = ['\0', '\u0001']

/** Ends the fields of a value at spaces; undefined if the script sets other separators and the value contains one. */
function splitValue(text: string, separators: Value | undefined): string | undefined {
  if (separators === undefined) return text.replace(/[ \t\n]+/g, END)
  return [...separators].some((one) => text.includes(one)) ? undefined : text
}

function partText(part: WordPart, variables: Variables): string | undefined {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return part.value
    case 'DoubleQuoted': {
      const texts = part.parts.map((one) => partText(one, variables))
      return texts.every((text) => text !== undefined) ? texts.join('') : undefined
    }
    case 'SimpleExpansion':
      return part.text === '$@' ? undefined : firstOf(variables.get(part.text.slice(1)))
    case 'ParameterExpansion':
      return parameterText(part, variables)
    default:
      return undefined
  }
}

/** A variable that is an array stands for its first element. */
function firstOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value[0]
}

function parameterText(part: ParameterExpansionPart, variables: Variables): string | undefined {
  const { parameter, prefix, index, operation } = part
  const value = variables.get(parameter)
  if (prefix !== undefined || value === undefined || parameter === '@') return undefined
  const known = index === undefined ? firstOf(value) : elementText(value, index.text)
  return operation === undefined || known === undefined ? known : operationText(known, operation, variables)
}

function elementText(value: Value, index: string): string | undefined {
  const list = typeof value === 'string' ? [value] : value
  return index === '@' || index === '*' ? list.join(' ') : /^\d+$/.test(index) ? list[Number(index)] : undefined
}

/** The value of `${NAME#prefix}` and others of its kind. */
function operationText(value: string, operation: ParameterOperation, variables: Variables): string | undefined {
  switch (operation.type) {
    case 'Default':
      return defaultText(value, operation, variables)
    case 'CaseModification':
      return operation.operand === undefined ? withCase(value, operation.operator) : undefined
    case 'Remove':
      return withoutPart(value, operation, variables)
    case 'Replace':
      return withReplaced(value, operation, variables)
    default:
      return undefined
  }
}

function defaultText(value: string, { operator, operand }: ParameterDefaultOperation, variables: Variables) {
  const isMissing = operator.startsWith(':') && value === ''
  if (operator.endsWith('+')) return isMissing ? '' : textOf(operand, variables)
  return isMissing ? textOf(operand, variables) : value
}

function withCase(value: string, operator: string): string {
  const length = operator.length === 2 ? value.length : 1
  const [start, rest] = [value.slice(0, length), value.slice(length)]
  return (operator.startsWith('^') ? start.toUpperCase() : start.toLowerCase()) + rest
}

function withoutPart(value: string, { operator, operand }: ParameterRemoveOperation, variables: Variables) {
  const source = patternSource(operand, variables, { stars: 1, isShortest: operator === '#' })
  if (source === undefined) return undefined
  if (operator.startsWith('#')) return value.replace(new RegExp(`^${source}`, 's'), '')
  return value.replace(new RegExp(`^(.*${operator === '%' ? '' : '?'})${source}$`, 's'), '$1')
}

function withReplaced(value: string, operation: ParameterReplaceOperation, variables: Variables) {
  const { operator } = operation
  const source = patternSource(operation.pattern, variables, { stars: 1 })
  const text = textOf(operation.replacement, variables)
  if (source === undefined || source === '' || text === undefined) return undefined
  const [start, end] = [operator === '/#' ? '^' : '', operator === '/%' ? '$' : '']
  return value.replace(new RegExp(start + source + end, operator === '//' ? 'gs' : 's'), () => text)
}

/** How a pattern is matched. */
interface PatternUse {
  /** The most stars: each multiplies the time of the match, and so does a search for the start or the end. */
  readonly stars: 1 | 2
  readonly isShortest?: boolean
}

/** A regular expression for a pattern of the shell; undefined if it has brackets, an unknown value or too many stars. */
function patternSource(
  pattern: Word,
  variables: Variables,
  { stars, isShortest = false }: PatternUse,
): string | undefined {
  const parts = (pattern.parts ?? [literal(pattern.value)]).map((part) => {
    if (part.type === 'Glob') return part.kind === 'star' ? STAR : part.kind === 'question' ? '.' : undefined
    const text = partText(part, variables)
    const isPattern = part.type !== 'SingleQuoted' && part.type !== 'DoubleQuoted' && part.type !== 'Literal'
    // The value of an unquoted variable may be a pattern itself.
    if (text === undefined || (isPattern && /[*?[\\]/.test(text))) return undefined
    return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  })
  if (parts.some((part) => part === undefined) || parts.filter((part) => part === STAR).length > stars) return undefined
  return parts.map((part) => (part === STAR && isShortest ? `${STAR}?` : part)).join('')
}

const STAR = '.*'
