import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { RootfsTool } from '../../definition/plugin/rootfs-kind.js'
import type { Environment } from '../../host/environment.js'
import { HostError } from '../../model/errors.js'

/** A program by name, and those that serve as well. */
type NamedTool = Pick<RootfsTool, 'program' | 'alternatives'>

/**
 * Requires a program on the PATH.
 *
 * @throws HostError TOOL_MISSING
 * @example
 * ```ts
 * await requireTool('dnf', 'install it (on Debian and Ubuntu: apt-get install dnf)', env)
 * ```
 */
export async function requireTool(tool: string | NamedTool, hint: string, env: Environment): Promise<void> {
  const named = typeof tool === 'string' ? { program: tool } : tool
  if (await hasTool(named, env)) return
  throw new HostError('TOOL_MISSING', `${named.program} is not installed`, { hint })
}

/** Whether a program, or one that serves as well, is on the PATH. */
export async function hasTool({ program, alternatives = [] }: NamedTool, env: Environment): Promise<boolean> {
  const found = await Promise.all([program, ...alternatives].map((name) => isOnPath(name, env['PATH'])))
  return found.includes(true)
}

/** Whether a program is in one of the folders of a PATH. */
async function isOnPath(name: string, path = ''): Promise<boolean> {
  const found = await Promise.all(path.split(delimiter).map((folder) => isExecutable(join(folder, name))))
  return found.includes(true)
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
