import { EngineError, PolyarchError } from '../../model/errors.js'

/** Up to this size, in bytes, a file is read at once. */
export const WHOLE_FILE = 1024 * 1024

/** A file of the context could not be read, or has changed. */
export function unreadable(path: string, why: string, cause?: unknown): EngineError {
  return new EngineError('CONTEXT_UNREADABLE', `context file '${path}' ${why}`, {
    cause,
    hint: 'do not change the context during the build, or list the file in .dockerignore',
  })
}

/** Reads something of the context. @throws EngineError CONTEXT_UNREADABLE with its path */
export async function reading<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof PolyarchError ? error : unreadable(path, 'cannot be read', error)
  }
}

/** The synchronous variant of {@link reading}. */
export function readingAtOnce<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof PolyarchError ? error : unreadable(path, 'cannot be read', error)
  }
}
