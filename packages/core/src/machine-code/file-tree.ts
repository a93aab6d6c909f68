import { LIMITS } from '../model/limits.js'
import type { MachineCode } from './code.js'
import type { LayerEntry, LayerFiles } from './layer-files.js'
import { splitPath, stepInto } from './paths.js'

/** An executable with machine code. */
export interface Executable {
  /** Absolute, with links resolved. */
  readonly path: string
  readonly code: MachineCode
}

/** The files of an image: its layers, the upper ones over the lower. */
export class FileTree {
  /** The uppermost first. */
  readonly #layers: readonly LayerFiles[]
  readonly #hidden = new Map<LayerFiles, Map<string, boolean>>()

  /** @param layers - the lowest first, as manifests list them */
  constructor(layers: readonly LayerFiles[]) {
    this.#layers = layers.toReversed()
  }

  /** The executable at a path, following links; undefined if there is none or if it is a script. */
  executable(path: string): Executable | undefined {
    const { real, entry } = this.#find(path)
    return entry?.kind === 'executable' && entry.code ? { path: `/${real}`, code: entry.code } : undefined
  }

  /**
   * What these layers have at a path, without those below them: an executable or a script; or links that lead to a path
   * which only a lower layer can have.
   */
  has(path: string): 'executable' | 'link' | undefined {
    const { entry, links } = this.#find(path)
    if (entry?.kind === 'executable') return 'executable'
    return links > 0 ? 'link' : undefined
  }

  #find(path: string): { readonly real?: string; readonly entry?: LayerEntry | undefined; readonly links: number } {
    const found = this.#resolve(path)
    return found === undefined ? { links: LIMITS.links } : { ...found, entry: this.#entry(found.real) }
  }

  /** All visible executables, by path. */
  *executables(): Generator<Executable> {
    const paths = new Set(this.#layers.flatMap(({ entries }) => [...entries.keys()]))
    for (const path of [...paths].sort()) {
      const entry = this.#entry(path)
      if (entry?.kind === 'executable' && entry.code) yield { path: `/${path}`, code: entry.code }
    }
  }

  /** The path without links, and their number; undefined if it is longer, or has more links, than Linux follows. */
  #resolve(path: string): { readonly real: string; readonly links: number } | undefined {
    // Reversed, so that removing the next part is fast.
    const left = path.split('/').reverse()
    let done = ''
    let links = 0
    for (let parts = 0; left.length > 0; parts++) {
      if (parts > LIMITS.pathDepth || done.length > LIMITS.path) return undefined
      const part = left.pop() ?? ''
      const next = stepInto(done, part)
      const entry = this.#entry(next)
      if (entry?.kind !== 'link') {
        done = next
        continue
      }
      if (++links > LIMITS.links || entry.target.length > LIMITS.path) return undefined
      if (entry.target.startsWith('/')) done = ''
      for (const one of entry.target.split('/').reverse()) left.push(one)
    }
    return { real: done, links }
  }

  /** Returns the entry at a path, whose last part may be a link, in a layer or those below it. */
  #entry(path: string, from = 0): LayerEntry | undefined {
    for (const [at, layer] of this.#layers.entries()) {
      if (at < from) continue
      const entry = layer.entries.get(path)
      // A hard link to a file of a layer below.
      if (entry?.kind === 'same-as') return layer.entries.get(entry.path) ?? this.#entry(entry.path, at + 1)
      if (entry !== undefined) return entry
      if (this.#hides(layer, path)) return undefined
    }
    return undefined
  }

  /** Whether a layer hides a path of lower layers: by a whiteout, or by a file in place of a parent directory. */
  #hides(layer: LayerFiles, path: string): boolean {
    return layer.removed.has(path) || (path !== '' && this.#hidesBelow(layer, splitPath(path)[0]))
  }

  /** The same for everything in a directory; cached, because paths share directories. */
  #hidesBelow(layer: LayerFiles, directory: string): boolean {
    const known = this.#hidden.get(layer) ?? new Map<string, boolean>()
    this.#hidden.set(layer, known)
    const open: string[] = []
    let hides: boolean | undefined
    for (let one = directory; hides === undefined; one = splitPath(one)[0]) {
      hides = known.get(one) ?? hidesOwn(layer, one)
      open.push(one)
    }
    for (const one of open) known.set(one, hides)
    return hides
  }
}

/** Whether a directory itself hides the content of lower layers; undefined if its parent decides. */
function hidesOwn({ entries, removed, opaque }: LayerFiles, directory: string): boolean | undefined {
  if (opaque.has(directory) || removed.has(directory)) return true
  const above = entries.get(directory)
  if (above !== undefined && above.kind !== 'directory') return true
  return directory === '' ? false : undefined
}
