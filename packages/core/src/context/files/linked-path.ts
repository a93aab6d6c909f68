import { realpath } from 'node:fs/promises'
import { dirname, sep } from 'node:path'

/** What messages say of a link that is not followed. */
export const LINK_OUTSIDE = 'is a link to a file outside of the context'

/**
 * The path of a file that a context has, with its links resolved; undefined if they lead elsewhere on this machine. A
 * link may lead into the context, or to a file beside it: errors show lines of what is read.
 */
export async function resolveLink(file: string, directory: string): Promise<string | undefined> {
  const path = await realpath(file)
  const roots = await Promise.all([directory, dirname(file)].map((root) => realpath(root)))
  return roots.some((root) => path.startsWith(root.endsWith(sep) ? root : root + sep)) ? path : undefined
}
