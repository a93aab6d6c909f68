/** `./bin//sh` and `/bin/sh` are `bin/sh`; the root is the empty path, and `..` does not lead out of it, as when engines unpack. */
export function cleanPath(path: string): string {
  return path.split('/').reduce(stepInto, '')
}

/** A path as its directory and its name. */
export function splitPath(path: string): readonly [directory: string, name: string] {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)]
}

/** The path of a name in a directory, which is empty for the root. */
export function joinPath(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`
}

/** Resolves a part of a path from a directory. */
export function stepInto(directory: string, part: string): string {
  if (part === '' || part === '.') return directory
  return part === '..' ? splitPath(directory)[0] : joinPath(directory, part)
}

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/** What a whiteout hides of the layers below: a path, or what is below a directory. */
export interface Whiteout {
  readonly path: string
  readonly hides: 'path' | 'content'
}

/**
 * Reads the path of a layer's entry as a whiteout; undefined if it is none.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts
 */
export function whiteoutOf(path: string): Whiteout | undefined {
  const [directory, name] = splitPath(path)
  if (name === OPAQUE) return { path: directory, hides: 'content' }
  if (!name.startsWith(WHITEOUT)) return undefined
  return { path: joinPath(directory, name.slice(WHITEOUT.length)), hides: 'path' }
}
