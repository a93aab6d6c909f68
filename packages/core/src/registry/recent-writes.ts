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
  readonly #times = new Map<string, number>()

  /** Records a write of a tag, manifest or blob. */
  add(repository: Repository, name: string | Digest): void {
    const now = Date.now()
    // In order of time: stop at the first write that is recent.
    for (const [key, time] of this.#times) {
      if (now - time < WINDOW) break
      this.#times.delete(key)
    }
    const key = keyOf(repository, name)
    this.#times.delete(key)
    this.#times.set(key, now)
  }

  /** Records a deletion. */
  remove(repository: Repository, name: string | Digest): void {
    this.#times.delete(keyOf(repository, name))
  }

  /** Whether it was written recently. */
  has(repository: Repository, name: string | Digest): boolean {
    const time = this.#times.get(keyOf(repository, name))
    return time !== undefined && Date.now() - time < WINDOW
  }
}

function keyOf(repository: Repository, name: string): string {
  return `${formatRepository(repository)} ${name}`
}
