import { writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { defineConfig, type Options } from 'tsup'
import { mergeChunks } from './merge-chunks.js'

type Plugin = NonNullable<Options['plugins']>[number]

/** The file in which the ES modules of a package have their `import()`s. */
const LAZY_FILE = 'lazy.js'

/**
 * Moves every `import()` of the ES modules beside the entry into one small file. tsx changes each file that has one, and
 * adds a source map with an entry per character, which node parses as it loads the file: for files of 250 kB altogether,
 * that takes longer than anything else in a run that finds nothing to do. Bundlers still see what is imported.
 */
function gatherImports(): Plugin {
  const specifiers = new Set<string>()
  return {
    name: 'gather-imports',
    renderChunk(code, { path, imports = [] }) {
      const isBeside = dirname(resolve(path)) === resolve(this.options.outDir)
      const hasLazy = imports.some(({ kind }) => kind === 'dynamic-import')
      if (this.format !== 'esm' || !isBeside || !hasLazy) return undefined
      const moved = code.replace(/\bimport\((".*?")\)/g, (_, specifier: string) => {
        specifiers.add(specifier)
        return `__lazy[${specifier}]()`
      })
      return { code: `import { __lazy } from "./${LAZY_FILE}";\n${moved}` }
    },
    async buildEnd() {
      if (this.format !== 'esm') return
      const lines = [...specifiers].sort().map((specifier) => `  ${specifier}: () => import(${specifier}),\n`)
      await writeFile(join(this.options.outDir, LAZY_FILE), `export const __lazy = {\n${lines.join('')}}\n`)
      specifiers.clear()
    },
  }
}

/** What all doors share, what a definition loads, what a run loads that finds nothing to do, and what its command line adds. */
const GROUPS = [
  { file: 'shared.js', entries: [] },
  { file: 'definition.js', entries: ['index.js'] },
  { file: 'operation.js', entries: ['execute-', 'plan-', 'http-registry-', 'parse-', 'git-origin-'] },
  { file: 'command-line.js', entries: ['main-'] },
]

/** Merges the chunks of a run into a few files. */
function mergeRun(): Plugin {
  return {
    name: 'merge-run',
    async buildEnd() {
      if (this.format !== 'esm') return
      const folder = resolve(this.options.outDir)
      const doors = ['buildkit/index.js', 'registry-server/index.js']
      await mergeChunks({ folder, groups: GROUPS, kept: ['index.js', LAZY_FILE], doors })
    },
  }
}

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'buildkit/index': 'src/builder/buildkit/index.ts',
    'registry-server/index': 'src/registry-server/index.ts',
    'testing/index': 'src/testing/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  // Its manifest has no entry for `require`, so that the CommonJS build could not load it.
  noExternal: ['canonicalize'],
  // TypeScript 6 and newer take no types by themselves, and a folder made by `npm init` has no tsconfig that names node's.
  dts: { banner: '/// <reference types="node" />', compilerOptions: { ignoreDeprecations: '6.0', paths: {} } },
  clean: true,
  splitting: true,
  plugins: [gatherImports(), mergeRun()],
})
