import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { HostError } from '../model/errors.js'

/** Makes sure that a program is on the PATH. @throws HostError TOOL_MISSING */
export async function requireTool(name: string, hint: string): Promise<void> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = await Promise.all(folders.map((folder) => isExecutable(join(folder, name))))
  if (found.includes(true)) return
  throw new HostError('TOOL_MISSING', `${name} is not installed`, { hint })
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
