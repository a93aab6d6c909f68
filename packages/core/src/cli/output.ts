import { access, constants, open, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { DefinitionError } from '../model/errors.js'
import { escapeJson } from '../report/escape.js'
import { oneLine } from '../report/plain-words.js'
import { tamed } from '../report/progress/groups.js'
import type { Host } from './command.js'

/** Formats a result as JSON for standard output. */
export function jsonText(value: unknown): string {
  return `${escapeJson(value, 2)}\n`
}

/** Writes a result to standard output, without what the CI system would take for a command. */
export function printResult(text: string, host: Pick<Host, 'stdout' | 'env'>): void {
  host.stdout.write(tamed(text, host.env))
}

/** Writes a line beside the result, to standard error. */
export function printNote(text: string, { stderr, env }: Pick<Host, 'stderr' | 'env'>): void {
  stderr.write(tamed(`${oneLine(text)}\n`, env))
}

/** Writes a result to the file that a flag names, or to standard output. @throws DefinitionError USAGE */
export async function writeResult(text: string, flag: string, file: string | undefined, host: Host): Promise<void> {
  if (file === undefined) {
    printResult(text, host)
    return
  }
  try {
    await writeFile(resolve(file), text)
  } catch (error) {
    throw unwritable(flag, file, error)
  }
}

/**
 * Sees to it that a file can be written later, without touching it: where it lies in a context, one that is there now
 * would make another image than on a machine that is not asked for it.
 *
 * @throws DefinitionError USAGE
 */
export async function checkWritable(flag: string, file: string): Promise<void> {
  try {
    await (await open(resolve(file), 'r+')).close()
  } catch (error) {
    const isNew = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isNew) throw unwritable(flag, file, error)
    await access(dirname(resolve(file)), constants.W_OK).catch((cause: unknown) => {
      throw unwritable(flag, file, cause)
    })
  }
}

function unwritable(flag: string, file: string, error: unknown): DefinitionError {
  const reason = error instanceof Error ? error.message : String(error)
  const hint = 'name a file in a folder that exists and may be written to'
  return new DefinitionError([{ path: flag, message: `${file} cannot be written: ${reason}`, hint }], 'USAGE')
}
