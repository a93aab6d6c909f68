import { stripVTControlCharacters } from 'node:util'

/** Characters that reorder or break lines without being control characters: line separators, marks and overrides of direction. */
const REORDERING = /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** The same, and control characters that JSON leaves as they are: DEL and C1. */
const ACTIVE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Workflow commands: GitHub's `::name` and `##[name]`, Azure's `##vso[name]` and TeamCity's `##teamcity[name]`. */
const COMMANDS = /::|##(?=\[|vso\[|teamcity\[)/gi

/** Escapes foreign text of several lines for terminals and logs: without escape sequences and characters that act on lines. */
export function escapeText(text: string): string {
  const plain = stripVTControlCharacters(text.replaceAll('\r\n', '\n')).replace(/[^\P{Cc}\n\t]/gu, '')
  return plain.replace(REORDERING, '')
}

/** Escapes foreign text as one line for terminals and logs. */
export function escapeLine(text: string): string {
  return escapeText(text).replace(/\s+/g, ' ').trim()
}

/**
 * Escapes text of several lines so that no CI system reads a command in it. GitHub obeys `::` at the start of a line, whatever
 * blanks are before it, and the others anywhere in a line.
 *
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function escapeCiCommands(text: string): string {
  return text.replace(/##(?=\[|vso\[|teamcity\[)/gi, '## ').replace(/^[^\S\n\r\u2028\u2029]*(?=::)/gm, '$&| ')
}

const ESC = String.fromCharCode(0x1b)

/** The styles that results are painted with, and their ends: red, green, yellow, cyan, dim and bold. */
const STYLE = new RegExp(`(${ESC}\\[(?:3[1236]|39|2|1|22)m)`)

/** Escapes what is written to standard output or error as a whole. Each foreign value in it has been escaped by its formatter. */
export function escapeOutput(text: string): string {
  const parts = text.split(STYLE).map((part, at) => (at % 2 === 0 ? escapeText(part) : part))
  return escapeCiCommands(parts.join(''))
}

/**
 * Encodes a value as JSON that no terminal or CI system acts on. It parses to the same value as `JSON.stringify`'s.
 *
 * @param indent - Spaces per level; none writes one line.
 */
export function escapeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent)
  return text
    .replace(ACTIVE_IN_JSON, unicodeEscape)
    .replace(COMMANDS, (match) => `${match.charAt(0)}${unicodeEscape(match.charAt(1))}`)
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes foreign text for HTML, in text and in quoted attributes alike. */
export function escapeHtml(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
