import { type Assignment, type Command, parse, type Statement, type Word, type WordPart } from 'unbash'
import { unreadable } from '../names.js'

/** A command of a script with its words expanded, and its place. */
export interface ScriptCommand {
  readonly words: readonly string[]
  readonly line: number
  readonly text: string
}

/** A script: the commands that can be read, and the lines that cannot. */
export interface Script {
  readonly commands: readonly ScriptCommand[]
  readonly unread: readonly { readonly line: number; readonly text: string }[]
}

interface Reading {
  readonly text: string
  readonly variables: Map<string, string>
  readonly commands: ScriptCommand[]
  readonly unread: { line: number; text: string }[]
}

/**
 * Reads the simple commands of a shell script in order, with the values of variables that it assigns. Everything else,
 * such as loops, conditions and values from programs, is left unread.
 */
export function readScript(text: string): Script {
  const reading: Reading = { text, variables: new Map(), commands: [], unread: [] }
  const { commands, errors = [] } = parse(text)
  const [error] = errors
  if (error !== undefined) {
    const line = text.slice(0, error.pos).split('\n').length
    throw unreadable('import', `line ${line}: ${error.message}`, 'correct the script: `bash -n` checks it')
  }
  for (const statement of commands) readNode(statement, reading)
  return reading
}

type ScriptNode = Statement | Statement['command']

function readNode(node: ScriptNode, reading: Reading): void {
  if (node.type === 'Statement' && node.background !== true) {
    readNode(node.command, reading)
  } else if (node.type === 'AndOr' && node.operators.every((operator) => operator === '&&')) {
    for (const one of node.commands) readNode(one, reading)
  } else if (node.type !== 'Command' || !readCommand(node, reading)) {
    leave(node, reading)
  }
}

/** Whether all words of the command have a value. */
function readCommand(node: Command, reading: Reading): boolean {
  const { name, prefix, suffix, redirects } = node
  if (redirects.length > 0) return false
  const isAssignment = name === undefined || ['export', 'readonly', 'declare'].includes(name.text)
  if (isAssignment) {
    return [...prefix, ...suffix].every((one) => one.type === 'Assignment' && assign(one, reading))
  }
  const words = [name, ...suffix].map((word) => (word.type === 'Word' ? expand(word, reading) : undefined))
  if (prefix.length > 0 || words.some((word) => word === undefined)) return false
  reading.commands.push({ words: words.filter((word) => word !== undefined), ...placeOf(node, reading) })
  return true
}

function assign(one: Assignment, reading: Reading): boolean {
  if (one.append === true || one.index !== undefined || one.value.type !== 'Word') return false
  const value = expand(one.value, reading)
  if (value === undefined) return false
  reading.variables.set(one.name, value)
  return true
}

/** The text of a word; undefined if a part of it has no known value. */
function expand(word: Word, { variables }: Reading): string | undefined {
  const parts = word.parts?.map((part) => expandPart(part, variables)) ?? [word.value]
  return parts.every((part) => part !== undefined) ? parts.join('') : undefined
}

function expandPart(part: WordPart, variables: ReadonlyMap<string, string>): string | undefined {
  if (part.type === 'DoubleQuoted') {
    const inside = part.parts.map((one) => expandPart(one, variables))
    return inside.every((one) => one !== undefined) ? inside.join('') : undefined
  }
  const [, plain, braced] = /^\$(?:(\w+)|\{(\w+)\})$/.exec(part.text) ?? []
  const name = plain ?? braced
  if (name !== undefined) return variables.get(name)
  return part.type === 'Literal' || part.type === 'SingleQuoted' ? part.value : undefined
}

function leave(node: ScriptNode, reading: Reading): void {
  reading.unread.push(placeOf(node, reading))
}

function placeOf(node: ScriptNode, { text }: Reading): { readonly line: number; readonly text: string } {
  return { line: text.slice(0, node.pos).split('\n').length, text: text.slice(node.pos, node.end) }
}
