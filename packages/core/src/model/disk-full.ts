import { HostError, PolyarchError } from './errors.js'

/** Error codes of the operating system for a full disk, and for an exhausted quota. */
const CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT']

/** A longer chain of causes adds nothing. */
const MAX_CAUSES = 8

/** Returns HostError DISK_FULL for an error that a full disk caused, and every other error as it is. */
export function asDiskFull(error: unknown): unknown {
  if (error instanceof PolyarchError && error.code === 'DISK_FULL') return error
  const cause = systemError(error)
  if (cause === undefined) return error
  const where = cause.path === undefined ? '' : ` for '${cause.path}'`
  const node = error instanceof PolyarchError ? error.node : undefined
  const message = `no space left on the disk of this machine${where}`
  return new HostError('DISK_FULL', message, { cause: error, ...(node !== undefined && { node }) })
}

/** HTTP status of a request that found the registry's disk full. @see https://www.rfc-editor.org/rfc/rfc4918#section-11.5 */
export const STORAGE_FULL = 507

/** The embedded registry cannot start, or takes no push, because its disk is full. */
export function registryDiskFull(directory: string, cause?: unknown): HostError {
  return new HostError('DISK_FULL', `the disk of the embedded registry's directory ${directory} is full`, {
    hint: "free space on that disk, or use a directory on another one: '--registry embedded:DIR'; 'npx tsx build.ts prune' lists what can be deleted",
    cause,
  })
}

/** Whether a full disk caused an error. */
export function isDiskFull(error: unknown): boolean {
  return systemError(error) !== undefined
}

function systemError(error: unknown): NodeJS.ErrnoException | undefined {
  let one = error
  for (let depth = 0; one instanceof Error && depth < MAX_CAUSES; depth++) {
    if ('code' in one && CODES.includes(one.code)) return one as NodeJS.ErrnoException
    one = one.cause
  }
  return undefined
}
