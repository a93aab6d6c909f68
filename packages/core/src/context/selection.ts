import { EngineError, throwIfCancelled } from '../model/errors.js'
import { LIMITS } from '../model/limits.js'
import type { ContextTree, TreeNode } from './context-tree.js'
import { componentMatcher, isPattern } from './patterns/path-pattern.js'

/**
 * Finds the nodes at and below paths that are not ignored, with all their parents, in sending order. Symbolic links are
 * followed inside the context, component by component, whether they are ignored or not.
 *
 * @throws EngineError CONTEXT_UNREADABLE; CancelledError
 */
export async function selectNodes(
  tree: ContextTree,
  paths: readonly string[] | 'all',
  signal?: AbortSignal,
): Promise<readonly TreeNode[]> {
  const selection = new Selection(tree, signal)
  for (const path of paths === 'all' ? ['/'] : paths) await selection.follow(path)
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

function refused({ path }: TreeNode, links: string): EngineError {
  const hint = 'copy the target of the link, or link to it directly'
  return new EngineError('CONTEXT_UNREADABLE', `context file '${path}' goes through ${links}`, { hint })
}

/** A position in a path: a node and the remaining components. */
interface Position {
  readonly node: TreeNode
  readonly rest: readonly string[]
  /** Number of links followed. */
  readonly links: number
}

class Selection {
  /** Selected with everything below. */
  readonly #whole = new Set<TreeNode>()
  /** Parents of selected nodes. */
  readonly #parents = new Set<TreeNode>()
  /** Resolved link targets. Each is followed once, so that cycles end and chains do not multiply. */
  readonly #followed = new Set<string>()
  /** Total length of these paths. */
  #followedLength = 0

  constructor(
    readonly tree: ContextTree,
    readonly signal: AbortSignal | undefined,
  ) {}

  async follow(path: string): Promise<void> {
    const open: Position[] = [{ node: this.tree.root, rest: componentsOf(path), links: 0 }]
    for (let position = open.pop(); position !== undefined; position = open.pop()) {
      throwIfCancelled(this.signal)
      open.push(...(await this.#next(position)))
    }
  }

  async #next({ node, rest, links }: Position): Promise<readonly Position[]> {
    const [component] = rest
    if (node.kind === 'symlink') {
      this.#select(node)
      return this.#followLink({ node, rest, links: links + 1 })
    }
    // Docker treats `**` as any number of directories in some places, and as `*` in others.
    if (component === undefined || component.includes('**')) {
      this.#select(node)
      return []
    }
    if (node.kind !== 'directory') return []
    const children = await this.#matching(node, component)
    return children.map((child) => ({ node: child, rest: rest.slice(1), links }))
  }

  async #matching(node: TreeNode, component: string): Promise<readonly TreeNode[]> {
    const children = await this.tree.children(node)
    if (!isPattern(component)) return [children.get(component)].filter((child) => child !== undefined)
    const matches = componentMatcher(component)
    return [...children.values()].filter(({ name }) => matches(name))
  }

  async #followLink({ node, rest, links }: Position): Promise<readonly Position[]> {
    if (links > LIMITS.contextLinks) throw refused(node, `more than ${LIMITS.contextLinks} symbolic links`)
    const target = componentsOf(await this.tree.target(node), componentsOf(node.parent?.path ?? ''))
    // Names contain no wildcards.
    const names = target.map((name) => name.replace(/[*?[\\]/g, '\\$&'))
    const next = componentsOf(rest.join('/'), names)
    const path = next.join('/')
    if (this.#followed.has(path)) return []
    this.#followed.add(path)
    this.#followedLength += path.length
    if (this.#followedLength > LIMITS.followedPaths) throw refused(node, 'too many symbolic links')
    return [{ node: this.tree.root, rest: next, links }]
  }

  #select(node: TreeNode): void {
    this.#whole.add(node)
    for (let { parent } = node; parent !== undefined; { parent } = parent) this.#parents.add(parent)
  }

  async collect(): Promise<readonly TreeNode[]> {
    const found: TreeNode[] = []
    if (this.#whole.size === 0 && this.#parents.size === 0) return found
    await this.#collectBelow(this.tree.root, this.#whole.has(this.tree.root), found)
    return found
  }

  /** Adds everything below a directory. An ignored directory is added if a file in it is not ignored. */
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
