import type { Plugin } from 'esbuild'

/** Packages that others import without need. */
export interface LeftOut {
  readonly packages: readonly string[]
  /** The packages whose imports of them are empty. */
  readonly importers: readonly string[]
}

const EMPTY = 'left-out'

/** Replaces packages by empty ones where certain packages import them; everywhere else they stay external. */
export function leaveOut({ packages, importers }: LeftOut): Plugin {
  return {
    name: EMPTY,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
        if (!packages.includes(path)) return undefined
        const isUnused = importers.some((name) => importer.includes(`/node_modules/${name}/`))
        return isUnused ? { path, namespace: EMPTY } : { path, external: true }
      })
      onLoad({ filter: /.*/, namespace: EMPTY }, () => ({ contents: 'module.exports = {}' }))
    },
  }
}
