import { throwIfCancelled } from '../model/errors.js'
import type { ContextTree, TreeNode } from './context-tree.js'
import { componentMatcher, isPattern } from './path-pattern.js'

/**
 * Finds the nodes at and below paths, in the order in which they are sent: those that are not ignored, with all their
 * parents. Symbolic links are followed inside the context, component by component, whether they are ignored or not.
 *
 * @throws EngineError CONTEXT_UNREADABLE; CancelledError
 */
export async function selectNodes(
  tree: ContextTree,
  paths: readonly string[] | 'all',
  signal?: AbortSignal,
): Promise<readonly TreeNode[]> {
  const selection = new Selection(tree, signal)
  for (const path of paths === 'all' ? ['/'] : paths) await selection.follow(tree.root, componentsOf(path))
  return selection.collect()
}

/** The components of a path that starts at the root; `..` never leads out of it. */
function componentsOf(path: string, start: readonly string[] = []): readonly string[] {
  const components: string[] = path.startsWith('/') ? [] : [...start]
  for (const component of path.split('/')) {
    if (component === '..') components.pop()
    else if (component !== '' && component !== '.') components.push(component)
  }
  return components
}

class Selection {
  /** Selected with all that is below. */
  readonly #whole = new Set<TreeNode>()
  /** On the way to a selected one. */
  readonly #parents = new Set<TreeNode>()
  /** Links that lead in a circle are followed once. */
  readonly #followed = new Set<string>()

  constructor(
    readonly tree: ContextTree,
    readonly signal: AbortSignal | undefined,
  ) {}

  async follow(node: TreeNode, [component, ...rest]: readonly string[]): Promise<void> {
    throwIfCancelled(this.signal)
    if (node.kind === 'symlink') {
      this.#select(node)
      return this.#followLink(node, component === undefined ? [] : [component, ...rest])
    }
    // Docker takes `**` for any number of directories in some places, and for `*` in others.
    if (component === undefined || component.includes('**')) return this.#select(node)
    if (node.kind === 'directory') {
      for (const child of await this.#matching(node, component)) await this.follow(child, rest)
    }
  }

  async #matching(node: TreeNode, component: string): Promise<readonly TreeNode[]> {
    const children = await this.tree.children(node)
    if (!isPattern(component)) return [children.get(component)].filter((child) => child !== undefined)
    const matches = componentMatcher(component)
    return [...children.values()].filter(({ name }) => matches(name))
  }

  async #followLink(node: TreeNode, rest: readonly string[]): Promise<void> {
    const way = JSON.stringify([node.path, rest])
    if (this.#followed.has(way)) return
    this.#followed.add(way)
    const target = componentsOf(await this.tree.target(node), componentsOf(node.parent?.path ?? ''))
    // The characters of a name are no wildcards.
    const names = target.map((name) => name.replace(/[*?[\\]/g, '\\$&'))
    await this.follow(this.tree.root, componentsOf(rest.join('/'), names))
  }

  #select(node: TreeNode): void {
    this.#whole.add(node)
    for (let { parent } = node; parent !== undefined; { parent } = parent) this.#parents.add(parent)
  }

  async collect(): Promise<readonly TreeNode[]> {
    const found: TreeNode[] = []
    await this.#collectBelow(this.tree.root, this.#whole.has(this.tree.root), found)
    return found
  }

  /** Adds what is below a directory; one that is ignored comes along where something in it does not. */
  async #collectBelow(directory: TreeNode, isWhole: boolean, found: TreeNode[]): Promise<void> {
    throwIfCancelled(this.signal)
    for (const node of (await this.tree.children(directory)).values()) {
      const all = isWhole || this.#whole.has(node)
      if (!all && !this.#parents.has(node)) continue
      const before = found.push(node)
      if (node.kind === 'directory' && !node.verdict?.isClosed) await this.#collectBelow(node, all, found)
      const isKept = all && !node.verdict?.isIgnored
      if (!isKept && found.length === before) found.pop()
    }
  }
}
