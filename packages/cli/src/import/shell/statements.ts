import type {
  AndOr,
  Assignment,
  Command,
  CompoundList,
  For,
  If,
  PipelineNode,
  Redirection,
  Function as ShellFunction,
  Statement,
} from 'unbash'
import { chosenItem, evaluateTest, isTest } from './conditions.js'
import type { Reading } from './reading.js'
import { elementsOf, fieldsOf, setVariable, textOf } from './words.js'

/** Whether a script continues after a command. */
type Flow = 'next' | 'break' | 'continue' | 'return' | 'exit'

/** Shell commands that change nothing that is imported. */
export const QUIET: ReadonlySet<string> = new Set([
  ...['set', 'echo', 'printf', 'true', ':', 'sleep', 'wait', 'docker-credential-helpers'],
  ...['exit', 'break', 'continue', 'return'],
])

const DECLARATIONS: ReadonlySet<string> = new Set(['export', 'readonly', 'declare', 'typeset', 'local'])

/** Variables of one command that do not change what it publishes. */
const CLIENT_SETTINGS: ReadonlySet<string> = new Set([
  ...['DOCKER_CLI_EXPERIMENTAL', 'DOCKER_BUILDKIT', 'BUILDKIT_PROGRESS'],
])

/** Reads a statement, or skips it. */
export function readStatement({ command, background }: Statement, reading: Reading): Flow {
  if (background === true && command.type !== 'Command') return left(command, reading)
  return command.type === 'AndOr' ? readChain(command, reading) : readNode(command, reading)
}

function left(node: Parameters<Reading['leave']>[0][number], reading: Reading): Flow {
  reading.leave([node])
  return 'next'
}

function readList({ commands }: CompoundList, reading: Reading): Flow {
  for (const statement of commands) {
    const flow = readStatement(statement, reading)
    if (flow !== 'next') return flow
  }
  return 'next'
}

function readNode(node: PipelineNode | ShellFunction['body'], reading: Reading): Flow {
  switch (node.type) {
    case 'Command':
      return readCommand(node, reading) ?? left(node, reading)
    case 'For':
      return readLoop(node, reading)
    case 'If':
      return readIf(node, reading)
    case 'Case': {
      const { isKnown, item } = chosenItem(node, reading.variables)
      if (!isKnown) return left(node, reading)
      return item === undefined ? 'next' : readList(item.body, reading)
    }
    case 'BraceGroup':
      return readList(node.body, reading)
    case 'CompoundList':
      return readList(node, reading)
    case 'Function':
      reading.functions.set(node.name.text, node)
      return 'next'
    case 'Redirected':
      return node.redirects.every(isOutput) ? readNode(node.command, reading) : left(node, reading)
    default:
      return left(node, reading)
  }
}

/**
 * Reads commands with `&&` and `||`. Commands are assumed to succeed: of `docker push app || exit 1`, only the first is
 * read. If the second one matters, as in `docker manifest inspect app || docker build .`, both are skipped. In
 * `docker manifest inspect app && exit`, the script may go on: `exit` is skipped, with a note as for all that is.
 */
function readChain({ commands, operators }: AndOr, reading: Reading): Flow {
  let isSuccess = true
  // Whether that is only assumed, of a command that is no test.
  let isAssumed = false
  for (const [at, command] of commands.entries()) {
    if (isSkipped(operators[at - 1], isSuccess)) continue
    const result = isTest(command) ? evaluateTest(command, reading.variables) : true
    const alternative = operators[at] === '||' && !isTest(command) ? commands[at + 1] : undefined
    if (result === undefined || !isQuiet(alternative)) {
      reading.leave(commands.slice(at))
      return 'next'
    }
    const flow = isTest(command) ? 'next' : readNode(command, reading)
    if (flow !== 'next' && !isAssumed) return flow
    if (flow !== 'next') reading.leave([command])
    isSuccess = result
    isAssumed = !isTest(command)
  }
  return 'next'
}

/** Whether a command is not run after the operator before it. */
function isSkipped(operator: AndOr['operators'][number] | undefined, isSuccess: boolean): boolean {
  return operator !== undefined && (operator === '&&') !== isSuccess
}

function isQuiet(node: PipelineNode | undefined): boolean {
  if (node === undefined) return true
  if (node.type === 'Command') return QUIET.has(node.name?.text ?? '')
  return (
    node.type === 'BraceGroup' &&
    node.body.commands.every(({ command }) => command.type !== 'AndOr' && isQuiet(command))
  )
}

/** Reads the body once for each word. */
function readLoop(node: For, reading: Reading): Flow {
  const { name, wordlist, body } = node
  const lists = wordlist?.map((word) => fieldsOf(word, reading.variables))
  if (lists === undefined || !lists.every((list) => list !== undefined)) return left(node, reading)
  for (const value of lists.flat()) {
    reading.charge(body.end - body.pos)
    setVariable(reading.variables, name.text, value)
    const flow = readList(body, reading)
    if (flow === 'break') break
    if (flow === 'exit' || flow === 'return') return flow
  }
  return 'next'
}

function readIf(node: If, reading: Reading): Flow {
  for (const { clause, then } of [node, ...node.elif]) {
    const value = evaluateClause(clause, reading)
    if (value === undefined) return left(node, reading)
    if (value) return readList(then, reading)
  }
  return node.else === undefined ? 'next' : readList(node.else, reading)
}

/** Evaluates tests with `&&` and `||`. */
function evaluateClause({ commands: [only, ...others] }: CompoundList, { variables }: Reading): boolean | undefined {
  if (only === undefined || others.length > 0) return undefined
  const { command } = only
  if (command.type !== 'AndOr') return evaluateTest(command, variables)
  const [first, ...values] = command.commands.map((one) => evaluateTest(one, variables))
  return values.reduce(
    (value, next, at) =>
      value === undefined || next === undefined
        ? undefined
        : command.operators[at] === '&&'
          ? value && next
          : value || next,
    first,
  )
}

/** Undefined if a word of the command has no known value. */
function readCommand(node: Command, reading: Reading): Flow | undefined {
  const { name, prefix, args, redirects } = node
  if (!redirects.every(isOutput)) return undefined
  const settings = prefix.filter((one) => one.type === 'Assignment')
  if (name === undefined) return settings.every((one) => assign(one, reading)) ? 'next' : undefined
  if (DECLARATIONS.has(name.text)) return declare(name.text, args, reading)
  const words = [name, ...args].map((word) => (word.type === 'Word' ? fieldsOf(word, reading.variables) : [word.text]))
  if (!settings.every((one) => CLIENT_SETTINGS.has(one.name))) return undefined
  if (!words.every((fields) => fields !== undefined)) return undefined
  if (['break', 'continue'].includes(name.text) && args.length > 0) return undefined
  return runCommand(words.flat(), node, reading)
}

/** Output that is written to a file does not change what a command publishes. */
function isOutput(redirect: Redirection): boolean {
  return redirect.type === 'Redirect' && redirect.operator.includes('>') && redirect.operator !== '<>'
}

function runCommand(words: readonly string[], node: Command, reading: Reading): Flow {
  const [name = '', ...rest] = words
  const called = reading.functions.get(name)
  if (called !== undefined) {
    reading.charge(called.end - called.pos)
    reading.called.add(called)
    const flow = reading.call(rest, () => readNode(called.body, reading))
    return flow === 'exit' ? flow : 'next'
  }
  if (name === 'break' || name === 'continue' || name === 'return' || name === 'exit') return name
  reading.charge(words.join(' ').length)
  reading.forgetBy(words)
  reading.commands.push({ words, ...reading.placeOf(node) })
  return 'next'
}

function declare(name: string, args: Command['args'], reading: Reading): Flow | undefined {
  for (const one of args) {
    if (one.type === 'Word') {
      if (!/^(-[arxg]+|\w+)$/.test(one.text)) return undefined
      continue
    }
    if (name === 'local') reading.keepLocal(one.name)
    if (!assign(one, reading)) return undefined
  }
  return 'next'
}

function assign({ name, value, append, index }: Assignment, reading: Reading): boolean {
  const { variables } = reading
  if (index !== undefined) return false
  const own = value.type === 'Word' ? textOf(value, variables) : elementsOf(value, variables)
  const before = append === true ? variables.get(name) : undefined
  if (own === undefined || (append === true && before === undefined)) return false
  if (typeof own === 'string' && (before === undefined || typeof before === 'string')) {
    setVariable(variables, name, (before ?? '') + own)
    return true
  }
  if (typeof own === 'string') return false
  setVariable(variables, name, [...(typeof before === 'string' ? [before] : (before ?? [])), ...own])
  return true
}
