import type { Dirent } from 'node:fs'
import { readdir, readlink } from 'node:fs/promises'
import type { ContextEntry } from './context-file.js'
import { reading } from './files/file-error.js'
import { decodeName, filePath, isDoubtful, sortNames } from './files/raw-name.js'
import type { IgnoreRules, IgnoreVerdict } from './patterns/ignore-rules.js'

/** A file, directory or link of a context; entries of other kinds are not sent and have no node. */
export interface TreeNode {
  readonly name: string
  readonly path: string
  readonly parent?: TreeNode
  readonly kind: ContextEntry['kind']
  readonly verdict?: IgnoreVerdict
  /** Its content, read once per run, so that all platforms get the same. */
  read?: ReadNode
  children?: Promise<ReadonlyMap<string, TreeNode>>
}

/** The entry of a node as it is on the disk. */
export interface ReadNode {
  readonly entry: ContextEntry
  /** Device and inode of a file with several names. */
  readonly inode?: string
}

/** A directory whose folders are read when they are first needed, and only once. */
export class ContextTree {
  readonly root: TreeNode = { name: '', path: '', kind: 'directory' }

  constructor(
    readonly directory: string,
    readonly rules: IgnoreRules,
  ) {}

  /** The children of a directory by name, sorted by the bytes of the names. @throws EngineError CONTEXT_UNREADABLE */
  children(parent: TreeNode): Promise<ReadonlyMap<string, TreeNode>> {
    parent.children ??= this.#readFolder(parent)
    return parent.children
  }

  /** The unresolved target of a link. @throws EngineError CONTEXT_UNREADABLE */
  target({ path, read }: TreeNode): Promise<string> | string {
    if (read?.entry.kind === 'symlink') return read.entry.target
    return reading(path, async () => decodeName(await readlink(filePath(this.directory, path), { encoding: 'buffer' })))
  }

  async #readFolder(parent: TreeNode): Promise<ReadonlyMap<string, TreeNode>> {
    const folder = filePath(this.directory, parent.path)
    const kinds = new Map(await reading(parent.path || '.', () => list(folder)))
    const nodes = new Map<string, TreeNode>()
    for (const name of sortNames([...kinds.keys()])) {
      const kind = kinds.get(name)
      if (kind !== undefined) nodes.set(name, this.#node(name, kind, parent))
    }
    return nodes
  }

  #node(name: string, kind: ContextEntry['kind'], parent: TreeNode): TreeNode {
    const path = parent.path === '' ? name : `${parent.path}/${name}`
    return { name, path, kind, parent, verdict: this.rules.evaluate(path, parent.verdict) }
  }
}

async function list(
  folder: string | Buffer,
): Promise<readonly (readonly [string, ContextEntry['kind'] | undefined])[]> {
  const found = await readdir(folder, { withFileTypes: true })
  if (!found.some(({ name }) => isDoubtful(name))) return found.map((one) => [one.name, kindOf(one)])
  const raw = await readdir(folder, { withFileTypes: true, encoding: 'buffer' })
  return raw.map((one) => [decodeName(one.name as unknown as Buffer), kindOf(one)])
}

function kindOf(entry: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): ContextEntry['kind'] | undefined {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'symlink' : undefined
}
