import type { Digest } from '../model/digest.js'
import { formatRepository, type Repository } from '../model/reference.js'

/** How long a registry may take to return what was written, in milliseconds. */
const WINDOW = 30_000

/**
 * The manifests that this client has just written.
 * Some registries respond 404 for a moment after a write. Reading again is worthwhile only if the write is known to
 * have succeeded.
 */
export class RecentWrites {
  readonly #writes = new Map<string, { readonly time: number; readonly content: string }>()

  /** Records a write of a manifest or blob under a name: a tag, or its digest. */
  add(repository: Repository, digest: Digest, name: string = digest): void {
    const now = Date.now()
    // In order of time: stop at the first write that is recent.
    for (const [key, { time }] of this.#writes) {
      if (now - time < WINDOW) break
      this.#writes.delete(key)
    }
    const key = keyOf(repository, name)
    this.#writes.delete(key)
    this.#writes.set(key, { time: now, content: keyOf(repository, digest) })
  }

  /** Records a deletion; one by digest deletes the tags too. */
  remove(repository: Repository, name: string | Digest): void {
    const deleted = keyOf(repository, name)
    this.#writes.delete(deleted)
    for (const [key, { content }] of this.#writes) if (content === deleted) this.#writes.delete(key)
  }

  /** Whether it was written recently. */
  has(repository: Repository, name: string | Digest): boolean {
    const write = this.#writes.get(keyOf(repository, name))
    return write !== undefined && Date.now() - write.time < WINDOW
  }
}

function keyOf(repository: Repository, name: string): string {
  return `${formatRepository(repository)} ${name}`
}
