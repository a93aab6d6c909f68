// @ts-check
import { ProgramError } from './run.mjs'
import { SetupError } from './setup-error.mjs'

/**
 * Runs a command of the repository and ends the process with its exit code.
 *
 * @param {() => Promise<number>} command
 */
export async function main(command) {
  addSystemFolders()
  try {
    process.exitCode = await command()
  } catch (error) {
    const foreseen = error instanceof SetupError || error instanceof ProgramError
    console.error(foreseen ? error.message : error)
    process.exitCode = 1
  }
}

/** A shell opened by `su` lacks the folders of the programs that set-up and the engine call. */
function addSystemFolders() {
  const folders = (process.env['PATH'] ?? '/usr/bin:/bin').split(':')
  const missing = ['/usr/sbin', '/sbin'].filter((folder) => !folders.includes(folder))
  process.env['PATH'] = [...folders, ...missing].join(':')
}
