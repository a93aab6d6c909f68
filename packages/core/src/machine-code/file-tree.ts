import type { MachineCode } from './code.js'
import type { LayerEntry, LayerFiles } from './layer-files.js'
import { joinPath, splitPath } from './paths.js'

/** An executable with machine code. */
export interface Executable {
  /** With a slash before it, links followed. */
  readonly path: string
  readonly code: MachineCode
}

/** As many links in a row as Linux follows. */
const MAX_LINKS = 40

/** The files of an image: its layers, the upper ones over the lower. */
export class FileTree {
  /** The uppermost first. */
  readonly #layers: readonly LayerFiles[]

  /** @param layers - the lowest first, as manifests list them */
  constructor(layers: readonly LayerFiles[]) {
    this.#layers = layers.toReversed()
  }

  /** The executable at a path, through all links on the way; undefined where there is none, or a script. */
  executable(path: string): Executable | undefined {
    const real = this.#resolve(path)
    const entry = real === undefined ? undefined : this.#entry(real)
    return entry?.kind === 'executable' && entry.code ? { path: `/${real}`, code: entry.code } : undefined
  }

  /** All executables that can be seen, by path. */
  *executables(): Generator<Executable> {
    const paths = new Set(this.#layers.flatMap(({ entries }) => [...entries.keys()]))
    for (const path of [...paths].sort()) {
      const entry = this.#entry(path)
      if (entry?.kind === 'executable' && entry.code) yield { path: `/${path}`, code: entry.code }
    }
  }

  /** The path without links. */
  #resolve(path: string): string | undefined {
    const left = path.split('/')
    let done = ''
    for (let links = 0; left.length > 0; ) {
      const part = left.shift() ?? ''
      if (part === '' || part === '.') continue
      if (part === '..') {
        done = splitPath(done)[0]
        continue
      }
      const next = joinPath(done, part)
      const entry = this.#entry(next)
      if (entry?.kind !== 'link') {
        done = next
        continue
      }
      if (++links > MAX_LINKS) return undefined
      if (entry.target.startsWith('/')) done = ''
      left.unshift(...entry.target.split('/'))
    }
    return done
  }

  /** What is at a path, whose last part may be a link, in the layers from one on down. */
  #entry(path: string, from = 0): LayerEntry | undefined {
    for (const [at, layer] of this.#layers.entries()) {
      if (at < from) continue
      const entry = layer.entries.get(path)
      // What the other name was when the layer was made, is below it.
      if (entry?.kind === 'same-as') return layer.entries.get(entry.path) ?? this.#entry(entry.path, at + 1)
      if (entry !== undefined) return entry
      if (hides(layer, path)) return undefined
    }
    return undefined
  }
}

/** Whether a layer removes a path that lower layers may have, or has something else than a directory above it. */
function hides({ entries, removed, opaque }: LayerFiles, path: string): boolean {
  if (removed.has(path)) return true
  for (let [directory] = splitPath(path); ; [directory] = splitPath(directory)) {
    if (opaque.has(directory) || removed.has(directory)) return true
    const above = entries.get(directory)
    if (above !== undefined && above.kind !== 'directory') return true
    if (directory === '') return false
  }
}
