import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Writes a program as one file, for child processes: tsx would compile it in each, and answer every `import()`. */
export async function bundle(program: string, folder: string): Promise<string> {
  const outfile = join(folder, 'program.mjs')
  const options = { bundle: true, platform: 'node', format: 'esm', packages: 'external', sourcemap: true } as const
  const target = `node${process.versions.node}`
  await build({ ...options, target, entryPoints: [program], outfile, logLevel: 'warning' })
  return outfile
}

/** An empty folder from which a bundle finds the packages of this repository. */
export async function bundleFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(fileURLToPath(new URL('../../node_modules/.bundle-', import.meta.url)))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
