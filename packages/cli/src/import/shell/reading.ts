import { forEachChild, type Function as ShellFunction, type SyntaxNode } from 'unbash'
import { setVariable, type Value, type Variables } from './words.js'

/** A piece of a script, with the line on which it starts. */
export interface ScriptPlace {
  readonly line: number
  readonly text: string
}

/** A command of a script with its words expanded, and its place. */
export interface ScriptCommand extends ScriptPlace {
  readonly words: readonly string[]
}

/** A script: the commands that can be read, and the pieces that cannot. */
export interface Script {
  readonly commands: readonly ScriptCommand[]
  readonly unread: readonly ScriptPlace[]
}

/** Characters of commands that a script may become, beside two for each of its own. */
const MAX_EXPANDED = 100_000

/** Highest depth of calls of functions. */
const MAX_CALLS = 20

/** Thrown if loops or functions make too many commands. */
export class TooLongError extends Error {}

/** The state of a script while it is read. */
export class Reading {
  variables: Variables = new Map()
  readonly commands: ScriptCommand[] = []
  readonly functions = new Map<string, ShellFunction>()
  readonly called = new Set<ShellFunction>()
  /** By position: a piece in a loop is listed once. */
  readonly unread = new Map<number, ScriptPlace>()
  /** Values of the callers' variables, for each call with `local` variables. */
  readonly #locals: Map<string, Value | undefined>[] = []
  readonly #lineStarts: readonly number[]
  #charactersLeft: number

  /** @param set - values of variables that are not known otherwise */
  constructor(
    readonly text: string,
    readonly set: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#forgetAll()
    this.#lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
    this.#charactersLeft = MAX_EXPANDED + 2 * text.length
  }

  /** @throws TooLongError */
  charge(characters: number): void {
    this.#charactersLeft -= characters
    if (this.#charactersLeft < 0) throw new TooLongError()
  }

  /** Returns a function that drops what was read since; the values of all variables are unknown then. */
  snapshot(): () => void {
    const [commands, unread, characters] = [this.commands.length, this.unread.size, this.#charactersLeft]
    return () => {
      // Half of it, which bounds the time for many such statements.
      this.#charactersLeft = characters / 2
      this.#forgetAll()
      this.commands.length = commands
      if (this.unread.size > unread) for (const pos of [...this.unread.keys()].slice(unread)) this.unread.delete(pos)
    }
  }

  placeOf({ pos, end }: { readonly pos: number; readonly end: number }): ScriptPlace {
    let [line, after] = [0, this.#lineStarts.length]
    while (after - line > 1) {
      const middle = (line + after) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= pos) line = middle
      else after = middle
    }
    return { line: line + 1, text: this.text.slice(pos, end) }
  }

  /** Skips consecutive nodes. The variables that they may set are unknown from here on. */
  leave(nodes: readonly SyntaxNode[]): void {
    const [pos, end] = [nodes[0]?.pos ?? 0, nodes.at(-1)?.end ?? 0]
    this.unread.set(pos, this.placeOf({ pos, end }))
    for (const node of nodes) this.#forgetIn(node)
  }

  #forgetIn(node: SyntaxNode): void {
    if (node.type === 'Assignment') this.#forget(node.name)
    if (node.type === 'For' || node.type === 'Select') this.#forget(node.name.text)
    if (node.type.startsWith('Arithmetic')) this.#forgetByArithmetic(this.text.slice(node.pos, node.end))
    if (node.type === 'Command') this.forgetBy([node.name?.text ?? '', ...node.args.map(({ text }) => text)])
    forEachChild(node, (child) => this.#forgetIn(child))
  }

  #forget(name: string): void {
    setVariable(this.variables, name, this.set.get(name))
  }

  #forgetAll(): void {
    this.variables = new Map(this.set)
  }

  /** Forgets the variables that a command sets. */
  forgetBy([name = '', ...words]: readonly string[]): void {
    if (['.', 'source', 'eval'].includes(name)) this.#forgetAll()
    if (['read', 'unset', 'mapfile', 'readarray', 'printf', 'getopts'].includes(name)) {
      for (const word of words) this.#forget(word)
    }
    if (name === 'let') for (const word of words) this.#forgetByArithmetic(word)
    const isSet = name === 'set' && (words.includes('--') || /^[^-+]/.test(words[0] ?? ''))
    if (name === 'shift' || isSet) setArguments(this.variables, undefined)
  }

  /** Forgets the variables of an expression, such as `i++`, if it sets one. */
  #forgetByArithmetic(expression: string): void {
    if (!/\+\+|--|<<=|>>=|[^=!<>]=(?!=)/.test(expression)) return
    for (const [name] of expression.matchAll(/[A-Za-z_]\w*/g)) this.#forget(name)
  }

  /** Reads the body of a function with its arguments. @throws TooLongError */
  call<T>(words: readonly string[], read: () => T): T {
    if (this.#locals.length === MAX_CALLS) throw new TooLongError()
    const before = [...this.variables].filter(([name]) => ARGUMENT.test(name))
    this.#locals.push(new Map())
    setArguments(this.variables, words)
    try {
      return read()
    } finally {
      setArguments(this.variables, undefined)
      for (const [name, value] of [...before, ...(this.#locals.pop() ?? [])]) setVariable(this.variables, name, value)
    }
  }

  /** Saves the value of a variable that the function declares as `local`. */
  keepLocal(name: string): void {
    const locals = this.#locals.at(-1)
    if (locals?.has(name) === false) locals.set(name, this.variables.get(name))
  }
}

/** Names of `$@`, `$1` and those after it. */
const ARGUMENT = /^(@|\d+)$/

function setArguments(variables: Variables, words: readonly string[] | undefined): void {
  for (const name of [...variables.keys()]) if (ARGUMENT.test(name)) variables.delete(name)
  if (words === undefined) return
  variables.set('@', words)
  for (const [at, word] of words.entries()) variables.set(String(at + 1), word)
}
