import type { Header } from 'tar-stream'
import { cleanPath, joinPath, splitPath, whiteoutOf } from '../machine-code/paths.js'
import { LIMITS } from '../model/limits.js'

/** A file, link or device of an image, with its paths: several if it has hard links. */
export interface MergedFile {
  readonly header: Header
  /** Paths in the image; the content is written to the first one. */
  readonly paths: Set<string>
  /** The layer with its content, and the number of the entry there. */
  readonly layer: number
  readonly entry: number
}

interface Directory {
  header: Header | undefined
  /** The last layer that has it. */
  layer: number
  readonly children: Map<string, Node>
}

interface Leaf {
  readonly file: MergedFile
  readonly layer: number
}

type Node = Directory | Leaf

/**
 * The merged file system of an image's layers.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#applying-changesets
 */
export class MergedLayers {
  readonly #root: Directory = { header: undefined, layer: -1, children: new Map() }
  /** Files by the layer and index of the entry with their content. */
  readonly #contents: Map<number, MergedFile>[] = []
  /** The layer being added, and the directories whose lower content it has hidden already. */
  #layer = 0
  readonly #opaque = new Set<string>()
  #files = 0

  /** Adds an entry of a layer; layers and entries come in their order. @throws Error for a malformed image */
  add(header: Header, layer: number, entry: number): void {
    if (layer !== this.#layer) this.#opaque.clear()
    this.#layer = layer
    const path = cleanPath(header.name)
    const whiteout = whiteoutOf(path)
    if (whiteout?.hides === 'content') this.#hideBelow(whiteout.path, layer)
    else if (whiteout !== undefined) this.#hide(whiteout.path, layer)
    else if (header.type === 'directory') this.#directory(path, layer).header = header
    else if (path !== '') this.#put(path, this.#fileOf(header, layer, entry), layer)
  }

  /** The directories that the layers describe, each before what is in it. */
  *directories(): Generator<readonly [path: string, header: Header]> {
    const open: (readonly [string, Directory])[] = [['', this.#root]]
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      const [path, { header, children }] = one
      if (header !== undefined) yield [path, header]
      for (const [name, child] of children) if ('children' in child) open.push([joinPath(path, name), child])
    }
  }

  /** The file with the content of an entry; undefined if it is not visible in the image. */
  fileAt(layer: number, entry: number): MergedFile | undefined {
    const file = this.#contents[layer]?.get(entry)
    return file !== undefined && file.paths.size > 0 ? file : undefined
  }

  /**
   * The node at a path, without following links. A directory has no file, and a header only if a layer describes it.
   */
  at(path: string): { readonly header: Header | undefined; readonly file?: MergedFile } | undefined {
    const found = path === '' ? this.#root : this.#find(path)
    if (found === undefined) return undefined
    return 'children' in found ? { header: found.header } : { header: found.file.header, file: found.file }
  }

  #fileOf(header: Header, layer: number, entry: number): MergedFile {
    if (header.type === 'link') {
      const target = this.#find(cleanPath(header.linkname ?? ''))
      if (target === undefined || 'children' in target) {
        throw new Error(`'${header.name}' is a hard link to '${header.linkname}', which is not a file`)
      }
      return target.file
    }
    const file = { header, paths: new Set<string>(), layer, entry }
    const contents = this.#contents[layer] ?? new Map<number, MergedFile>()
    this.#contents[layer] = contents.set(entry, file)
    return file
  }

  #put(path: string, file: MergedFile, layer: number): void {
    const [directory, name] = splitPath(path)
    const { children } = this.#directory(directory, layer)
    const before = children.get(name)
    // A hard link to itself.
    if (before !== undefined && !('children' in before) && before.file === file) return
    if (before !== undefined) remove(before, path)
    file.paths.add(path)
    this.#count()
    children.set(name, { file, layer })
  }

  /** Makes the directory at a path; it replaces files on the way. */
  #directory(path: string, layer: number): Directory {
    let at = this.#root
    let done = ''
    for (const name of path === '' ? [] : path.split('/')) {
      done = joinPath(done, name)
      const found = at.children.get(name)
      if (found !== undefined && 'children' in found) at = found
      else {
        if (found !== undefined) remove(found, done)
        this.#count()
        const made: Directory = { header: undefined, layer, children: new Map() }
        at.children.set(name, made)
        at = made
      }
      at.layer = layer
    }
    return at
  }

  #count(): void {
    this.#files += 1
    if (this.#files > LIMITS.exportedFiles) throw new Error(`the image has more than ${LIMITS.exportedFiles} files`)
  }

  #find(path: string): Node | undefined {
    let at: Node | undefined = this.#root
    for (const name of path.split('/')) at = at !== undefined && 'children' in at ? at.children.get(name) : undefined
    return at
  }

  /** Hides what lower layers have at a path. */
  #hide(path: string, layer: number): void {
    const [directory, name] = splitPath(path)
    const parent = directory === '' ? this.#root : this.#find(directory)
    if (parent === undefined || !('children' in parent)) return
    const found = parent.children.get(name)
    if (found === undefined) return
    if (found.layer === layer && 'children' in found) this.#hideBelow(path, layer)
    else if (found.layer < layer) {
      remove(found, path)
      parent.children.delete(name)
    }
  }

  /** Hides what lower layers have in a directory. */
  #hideBelow(path: string, layer: number): void {
    const found = path === '' ? this.#root : this.#find(path)
    if (found === undefined || !('children' in found) || this.#opaque.has(path)) return
    this.#opaque.add(path)
    for (const name of [...found.children.keys()]) this.#hide(joinPath(path, name), layer)
  }
}

/** Removes a node and everything below it from the paths of their files. */
function remove(node: Node, path: string): void {
  const open: (readonly [string, Node])[] = [[path, node]]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const [at, found] = one
    if ('children' in found) for (const [name, child] of found.children) open.push([joinPath(at, name), child])
    else found.file.paths.delete(at)
  }
}
