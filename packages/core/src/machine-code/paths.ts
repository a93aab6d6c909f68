/** `./bin//sh` and `/bin/sh` are `bin/sh`; the root is the empty path. */
export function cleanPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
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
