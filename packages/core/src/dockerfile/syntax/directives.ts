import { parseJson } from '../../model/json.js'
import { isJsonObject } from '../../model/json-fields.js'
import type { ImageUse } from '../dockerfile.js'

/** Settings in the first lines of a Dockerfile. */
export interface HeaderLines {
  /** Backslash, unless a directive says otherwise. */
  readonly escapeCharacter: string
  /** Number of directive lines at the start, including a shebang. */
  readonly headerLength: number
}

const NAMES = ['syntax', 'escape', 'check']
const DIRECTIVE = /^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\t\n\f\r ].*)$/s

/** Reads the directives up to the first other line. */
export function readHeader(lines: readonly string[]): HeaderLines {
  let escapeCharacter = '\\'
  const shebang = isShebang(lines[0] ?? '') ? 1 : 0
  let at = shebang
  const seen = new Set<string>()
  for (; at < lines.length; at++) {
    const found = directiveOf(lines[at]?.trimStart() ?? '', '#')
    if (found === undefined || seen.has(found.name)) break
    seen.add(found.name)
    // After a shebang, BuildKit reads only the syntax directive.
    if (found.name === 'escape' && shebang === 0 && /^[`\\]$/.test(found.value)) escapeCharacter = found.value
  }
  return { escapeCharacter, headerLength: at }
}

/**
 * The frontend that a Dockerfile names, in each of the forms that BuildKit reads.
 *
 * @see https://docs.docker.com/reference/dockerfile/#syntax
 */
export function findSyntax(text: string): ImageUse | undefined {
  return findDirective(text, '#') ?? findDirective(text, '//') ?? findJsonSyntax(text)
}

/** Whether a frontend is neither Docker's Dockerfile frontend nor a copy of it on another host. */
export function isForeignSyntax(name: string): boolean {
  return !/(?:^|\/)dockerfile(?:-upstream)?(?:[:@]|$)/.test(name)
}

function findDirective(text: string, comment: string): ImageUse | undefined {
  let start = text.startsWith('\uFEFF') ? 1 : 0
  const seen = new Set<string>()
  for (let line = 1; start < text.length; line++) {
    const end = text.indexOf('\n', start)
    const written = text.slice(start, end < 0 ? text.length : end)
    const found = directiveOf(written, comment)
    if (found === undefined && !(line === 1 && isShebang(written))) return undefined
    if (found !== undefined && seen.has(found.name)) return undefined
    if (found?.name === 'syntax') {
      const [value = ''] = found.value.split(' ')
      const from = start + written.indexOf(value, written.indexOf('='))
      return { text: value, start: from, end: from + value.length, line }
    }
    if (found !== undefined) seen.add(found.name)
    start = end < 0 ? text.length : end + 1
  }
  return undefined
}

function findJsonSyntax(text: string): ImageUse | undefined {
  const body = text.replace(/^\uFEFF?(?:#!.*\n)?/, '')
  if (!/^\s*\{/.test(body)) return undefined
  try {
    const value = parseJson(body)
    const syntax = isJsonObject(value) ? value['syntax'] : undefined
    return typeof syntax === 'string' ? { text: syntax, start: 0, end: 0, line: 1 } : undefined
  } catch {
    return undefined
  }
}

function isShebang(line: string): boolean {
  return line.startsWith('#!')
}

function directiveOf(line: string, comment: string): { readonly name: string; readonly value: string } | undefined {
  if (!line.startsWith(comment)) return undefined
  const [, name = '', value = ''] = DIRECTIVE.exec(line.slice(comment.length).trim()) ?? []
  return NAMES.includes(name.toLowerCase()) ? { name: name.toLowerCase(), value } : undefined
}
