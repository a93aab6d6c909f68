import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Syncs a folder, so that files created in it or renamed into it survive a power loss. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder, and needs no sync.
  if (process.platform === 'win32') return
  await using folder = await open(path, 'r')
  await folder.sync()
}

/** Replaces a file atomically: readers get the old or the new content. */
export async function replaceFile(path: string, temporary: string, text: string): Promise<void> {
  {
    await using file = await open(temporary, 'w')
    await file.writeFile(text)
    await file.sync()
  }
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

/** A file that is rewritten after each change. Changes made while it is being written share the next write. */
export class DurableFile {
  #writing: Promise<void> = Promise.resolve()
  #waiting: Promise<void> | undefined

  /**
   * @param temporary - a path on the same file system that nothing else writes to.
   * @param content - returns the content of the file, called at the moment of writing.
   */
  constructor(
    readonly path: string,
    readonly temporary: string,
    readonly content: () => string,
  ) {}

  /** Resolves once every change made before the call is on disk. */
  save(): Promise<void> {
    this.#waiting ??= this.#writing.then(() => {
      this.#waiting = undefined
      const written = replaceFile(this.path, this.temporary, this.content())
      this.#writing = written.catch(() => {})
      return written
    })
    return this.#waiting
  }
}
