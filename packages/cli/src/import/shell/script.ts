import { parse, type Statement } from 'unbash'
import { unreadable } from '../names.js'
import { Reading, type Script, TooLongError } from './reading.js'
import { readStatement } from './statements.js'

/**
 * Reads the commands of a shell script in the order in which they run, with the values of its variables. Loops over
 * known words are unrolled, and the branch of a known condition is read. Everything else, such as values from programs,
 * is skipped with a note.
 *
 * @param set - values of variables that the script does not state
 */
export function readScript(text: string, set?: ReadonlyMap<string, string>): Script {
  const { commands, errors = [] } = parse(text)
  const [error] = errors
  if (error !== undefined) {
    const line = text.slice(0, error.pos).split('\n').length
    throw unreadable('import', `line ${line}: ${error.message}`, 'correct the script: `bash -n` checks it')
  }
  const reading = new Reading(text, set)
  for (const statement of commands) if (readWhole(statement, reading) === 'exit') break
  for (const node of reading.functions.values()) if (!reading.called.has(node)) reading.leave([node])
  return { commands: reading.commands, unread: [...reading.unread.values()] }
}

/** Skips a whole statement if its loops make too many commands. */
function readWhole(statement: Statement, reading: Reading): ReturnType<typeof readStatement> {
  const restore = reading.snapshot()
  try {
    return readStatement(statement, reading)
  } catch (error) {
    if (!(error instanceof TooLongError)) throw error
    restore()
    reading.leave([statement])
    return 'next'
  }
}
