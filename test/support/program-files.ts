import { readFile } from 'node:fs/promises'
import { runProgram } from './child.js'

/** A program of this machine with the libraries that it is linked with, by path without a leading slash. */
export async function programFiles(program: string): Promise<Readonly<Record<string, Buffer>>> {
  const { stdout } = await runProgram('ldd', [program])
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
  const files = await Promise.all(
    [program, ...libraries].map(async (path) => [path.slice(1), await readFile(path)] as const),
  )
  return Object.fromEntries(files)
}
