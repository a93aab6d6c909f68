import { relative, sep } from 'node:path'
import { DefinitionError } from '../model/errors.js'
import { isMissing } from '../model/is-missing.js'
import type { ContextDockerfile } from './context-file.js'
import type { ContextTree, TreeNode } from './context-tree.js'
import { LINK_OUTSIDE, resolveLink } from './files/linked-path.js'
import { readTextFile, TextFileError } from './files/text-file.js'

/** The option for an inline Dockerfile. */
const INLINE = 'dockerfileInline'

/** The inline Dockerfile of a build. */
export function inlineDockerfile(text: string): ContextDockerfile {
  return { text, file: INLINE, name: INLINE, mode: 0o644 }
}

/**
 * Reads the Dockerfile of a context. Pipes, devices and links out of the context are rejected.
 *
 * @param declared - the path as it was declared, for messages
 * @throws DefinitionError if it cannot be read
 */
export async function readDockerfile(tree: ContextTree, file: string, declared: string): Promise<ContextDockerfile> {
  const { text, mode } = await readText(file, tree.directory, declared)
  const path = relative(tree.directory, file).split(sep).join('/')
  const node = await findNode(tree, path)
  const isSent = node?.kind === 'file' && !node.verdict?.isIgnored
  return { text, file, name: isSent ? path : file, mode }
}

async function readText(path: string, directory: string, declared: string) {
  const start = `relative Dockerfile paths start at the context, ${directory}; relative contexts at the working directory`
  const issue = (why: string, hint = start) =>
    new DefinitionError([{ path: 'build.dockerfile', message: `Dockerfile '${declared}' ${why}`, hint }])
  try {
    const real = await resolveLink(path, directory)
    if (real === undefined) throw issue(LINK_OUTSIDE, 'set dockerfile to the path of that file')
    return await readTextFile(real)
  } catch (error) {
    if (error instanceof DefinitionError) throw error
    if (error instanceof TextFileError) throw issue(error.message, error.isNoFile ? start : error.hint)
    throw issue(isMissing(error) ? 'does not exist' : 'cannot be read')
  }
}

async function findNode(tree: ContextTree, path: string): Promise<TreeNode | undefined> {
  let node: TreeNode | undefined = tree.root
  for (const name of path.split('/')) {
    if (node?.kind !== 'directory') return undefined
    node = (await tree.children(node)).get(name)
  }
  return node
}
