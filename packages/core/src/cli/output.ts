import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { DefinitionError } from '../model/errors.js'
import type { Host } from './command.js'

/** Writes a result to the file that a flag names, or to standard output. @throws DefinitionError USAGE */
export async function writeResult(text: string, flag: string, file: string | undefined, host: Host): Promise<void> {
  if (file === undefined) {
    host.stdout.write(text)
    return
  }
  try {
    await writeFile(resolve(file), text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const hint = 'name a file in a folder that exists and may be written to'
    throw new DefinitionError([{ path: flag, message: `${file} cannot be written: ${reason}`, hint }], 'USAGE')
  }
}
