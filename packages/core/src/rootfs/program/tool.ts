import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { HostError } from '../../model/errors.js'

/**
 * Requires a program on the PATH.
 *
 * @throws HostError TOOL_MISSING
 * @example
 * ```ts
 * await requireTool('dnf', 'install it (on Debian and Ubuntu: apt-get install dnf)')
 * ```
 */
export async function requireTool(name: string, hint: string): Promise<void> {
  if (await isOnPath(name, process.env['PATH'])) return
  throw new HostError('TOOL_MISSING', `${name} is not installed`, { hint })
}

/** Whether a program is in one of the folders of a PATH. */
export async function isOnPath(name: string, path = ''): Promise<boolean> {
  const found = await Promise.all(path.split(delimiter).map((folder) => isExecutable(join(folder, name))))
  return found.includes(true)
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
