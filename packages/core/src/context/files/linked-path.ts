import { realpath } from 'node:fs/promises'
import { dirname, sep } from 'node:path'

/** Message for a link that is not followed. */
export const LINK_OUTSIDE = 'is a link to a file outside of the context'

/**
 * The path of a file of a context with links resolved; undefined if a link leads elsewhere on this machine. A link may
 * lead into the context or to a file beside it, because errors quote lines of the file.
 */
export async function resolveLink(file: string, directory: string): Promise<string | undefined> {
  const path = await realpath(file)
  const roots = await Promise.all([directory, dirname(file)].map((root) => realpath(root)))
  return roots.some((root) => path.startsWith(root.endsWith(sep) ? root : root + sep)) ? path : undefined
}
