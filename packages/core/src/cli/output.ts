import { access, constants, open, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { DefinitionError } from '../model/errors.js'
import { escapeJson, escapeLine, escapeOutput } from '../report/escape.js'
import type { Host, OutputStream } from './command.js'

/** Formats a result as JSON for standard output. */
export function jsonText(value: unknown): string {
  return `${escapeJson(value, 2)}\n`
}

/** Writes text to a stream, for all output except progress. */
export function print(text: string, stream: Pick<OutputStream, 'write'>): void {
  stream.write(escapeOutput(text))
}

/**
 * Writes a result to standard output. Control characters and commands to CI systems are escaped.
 *
 * @example
 * ```ts
 * printResult(`${JSON.stringify(result)}\n`, host)
 * ```
 */
export function printResult(text: string, host: Pick<Host, 'stdout'>): void {
  print(text, host.stdout)
}

/**
 * Writes a note to standard error. Line breaks and control characters are escaped.
 *
 * @example
 * ```ts
 * printNote("note: 'output' has no counterpart", host)
 * ```
 */
export function printNote(text: string, { stderr }: Pick<Host, 'stderr'>): void {
  print(`${escapeLine(text)}\n`, stderr)
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
 * Checks that a file can be written later, without creating it: in a context directory it would change the image.
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
  const hint = 'use a file in a writable folder'
  return new DefinitionError([{ path: flag, message: `${file} cannot be written: ${reason}`, hint }], 'USAGE')
}
