import type { BuildKitClient } from '../buildkit/client.js'
import type { SessionOptions } from '../buildkit/options.js'
import type { BuildKitSession } from '../buildkit/session/session.js'
import type { BuildInputs } from '../port.js'

/** Highest number of unused open sessions, kept for builds of other platforms. */
const MAX_IDLE = 4

/** A session with the number of builds that use it. */
interface SharedSession {
  readonly opening: Promise<BuildKitSession>
  users: number
}

/**
 * The sessions of one builder. Builds with the same inputs share one, so that the builder reads a directory once for all
 * platforms, and runs the steps once that are the same for all.
 */
export class BuildSessions implements AsyncDisposable {
  readonly #client: BuildKitClient
  readonly #credentials: SessionOptions['credentials']
  /** In the order of their last use. */
  readonly #sessions = new Map<BuildInputs, SharedSession>()

  constructor(client: BuildKitClient, credentials: NonNullable<SessionOptions['credentials']>) {
    this.#client = client
    this.#credentials = credentials
  }

  /** Runs work with the session of these inputs, which is reopened if it was closed. */
  async use<T>(
    inputs: BuildInputs,
    signal: AbortSignal | undefined,
    work: (session: BuildKitSession) => Promise<T>,
  ): Promise<T> {
    const shared = await this.#open(inputs, signal)
    try {
      return await work(await shared.opening)
    } finally {
      shared.users--
      if (this.#sessions.get(inputs) === shared) {
        this.#sessions.delete(inputs)
        this.#sessions.set(inputs, shared)
      }
      await this.#closeIdle()
    }
  }

  async #open(inputs: BuildInputs, signal: AbortSignal | undefined): Promise<SharedSession> {
    const known = this.#sessions.get(inputs)
    if (known !== undefined) {
      known.users++
      const session = await known.opening.catch(() => undefined)
      if (session !== undefined && !session.isClosed) return known
      known.users--
      // The first caller opens the session for all callers.
      if (this.#sessions.get(inputs) !== known) return this.#open(inputs, signal)
    }
    const credentials = this.#credentials
    const opening = this.#client.openSession({ ...inputs, ...(credentials && { credentials }) }, signal)
    const next = { opening, users: 1 }
    this.#sessions.delete(inputs)
    this.#sessions.set(inputs, next)
    return next
  }

  async #closeIdle(): Promise<void> {
    const idle = [...this.#sessions].filter(([, { users }]) => users === 0)
    const surplus = idle.slice(0, -MAX_IDLE)
    for (const [inputs] of surplus) this.#sessions.delete(inputs)
    await closeSessions(surplus.map(([, shared]) => shared))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#sessions.values()]
    this.#sessions.clear()
    await closeSessions(all)
  }
}

async function closeSessions(sessions: readonly SharedSession[]): Promise<void> {
  const settled = await Promise.allSettled(sessions.map(({ opening }) => opening))
  for (const one of settled) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]()
}
