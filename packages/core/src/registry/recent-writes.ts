import type { Digest } from '../model/digest.js'
import { formatRepository, type Repository } from '../model/reference.js'

/** How long a registry may take to show what was written to it, in milliseconds. */
const WINDOW = 30_000

/**
 * The manifests that this client has just written.
 * Some registries respond 404 for a moment after a write. Reading again is worthwhile only if the write is known to
 * have succeeded.
 */
export class RecentWrites {
  readonly #times = new Map<string, number>()

  /** Notes a write of a tag, manifest or blob. */
  add(repository: Repository, name: string | Digest): void {
    const now = Date.now()
    // The oldest come first, so forgetting them stops at the first one that still counts.
    for (const [key, time] of this.#times) {
      if (now - time < WINDOW) break
      this.#times.delete(key)
    }
    const key = keyOf(repository, name)
    this.#times.delete(key)
    this.#times.set(key, now)
  }

  /** Notes that it has been deleted. */
  remove(repository: Repository, name: string | Digest): void {
    this.#times.delete(keyOf(repository, name))
  }

  /** Whether it was written a short time ago. */
  has(repository: Repository, name: string | Digest): boolean {
    const time = this.#times.get(keyOf(repository, name))
    return time !== undefined && Date.now() - time < WINDOW
  }
}

function keyOf(repository: Repository, name: string): string {
  return `${formatRepository(repository)} ${name}`
}
