import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { transform } from 'esbuild'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['plugins']>[number]

/** What an entry exports, by its path in the folder: `index.js`. */
type Entries = ReadonlyMap<string, readonly string[]>

/** Runs {@link toCommonJs} on what tsup has written as ES modules. @param merge - called before */
export function commonJs(merge: (folder: string) => Promise<void>): Plugin {
  const entries = new Map<string, readonly string[]>()
  return {
    name: 'common-js',
    renderChunk(_code, { path, exports = [] }) {
      const { entry, outDir } = this.options
      const name = Object.keys(entry).find((one) => resolve(outDir, `${one}.js`) === resolve(path))
      if (name !== undefined) entries.set(`${name}.js`, exports)
    },
    async buildEnd() {
      const folder = resolve(this.options.outDir)
      await merge(folder)
      await toCommonJs(folder, entries)
    },
  }
}

/**
 * Replaces the ES modules of a folder by CommonJS modules, and each entry by an ES module that exports the same. There is
 * one copy of each class then, whether a package is imported, required or both; and under tsx a program starts faster:
 * another thread resolves and reads ES modules, and the program waits for each.
 *
 * @see https://nodejs.org/docs/latest-v20.x/api/packages.html#approach-1-use-an-es-module-wrapper
 */
export async function toCommonJs(folder: string, entries: Entries): Promise<void> {
  const files = await readdir(folder, { recursive: true })
  const modules = files.filter((name) => name.endsWith('.js')).map((name) => join(folder, name))
  await Promise.all(modules.map(convertModule))
  await Promise.all([...entries].map(([name, exported]) => writeFile(join(folder, name), wrapper(name, exported))))
}

async function convertModule(path: string): Promise<void> {
  const { code } = await transform(assignExports(await readFile(path, 'utf8')), {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // `import()` becomes `require`, which loads ES modules too in Node.js 20.19 and newer.
    supported: { 'dynamic-import': false },
  })
  await writeFile(
    commonJsName(path),
    code.replace(OWN_MODULE, (_, lazy?: string, loaded = lazy) => requireOwn(loaded)),
  )
  await rm(path)
}

/** esbuild copies all exports of a module where it is loaded lazily, which only modules of others need. */
const OWN_MODULE = /__toESM\(require\("(\.{1,2}\/[^"]+\.js)"\)\)|\brequire\("(\.{1,2}\/[^"]+\.js)"\)/g

function requireOwn(specifier = ''): string {
  return `require("${commonJsName(specifier)}")`
}

/**
 * Assigns the exports at the end of a module, where esbuild has its one list of them. Its own conversion defines a getter
 * for each and copies all of them, which takes longer than compiling the code.
 */
function assignExports(code: string): string {
  return code.replace(/^export \{([^{}]*)\};?\s*$/m, (_, list: string) => {
    const names = list.split(',').map((one) => one.trim().split(' as '))
    return `Object.assign(module.exports, { ${names.map(([own, name = own]) => `${name}: ${own}`).join(', ')} })\n`
  })
}

function commonJsName(path: string): string {
  return path.replace(/\.js$/, '.cjs')
}

function wrapper(name: string, exported: readonly string[]): string {
  return `import code from './${commonJsName(basename(name))}'\n\nexport const { ${exported.join(', ')} } = code\n`
}
