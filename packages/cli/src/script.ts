import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const SCRIPT = /\.([cm]?)([jt])s$/

/** Whether a word names a script rather than a command. */
export function isScript(word: string): boolean {
  return SCRIPT.test(word)
}

/**
 * Runs a `build.ts` in this process. TypeScript is read by tsx on every version of Node: Node's own support requires
 * an ESM folder and file names with `.ts` in imports, and a definition should not depend on that.
 */
export async function runScript(file: string, words: readonly string[]): Promise<void> {
  const path = resolve(file)
  if (!existsSync(path)) {
    process.stderr.write(`error: '${file}' does not exist\n  hint: \`npm create polyarch\` writes a build.ts\n`)
    process.exitCode = 2
    return
  }
  // Messages of the script's command line contain the name of the program.
  process.argv = ['polyarch', path, ...words]
  if (SCRIPT.exec(path)?.[2] === 't') await registerTypeScript()
  await import(pathToFileURL(path).href)
}

async function registerTypeScript(): Promise<void> {
  const [esm, commonjs] = await Promise.all([import('tsx/esm/api'), import('tsx/cjs/api')])
  commonjs.register()
  esm.register()
}
