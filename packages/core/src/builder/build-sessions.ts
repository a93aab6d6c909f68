import type { BuildKitClient } from './buildkit/client.js'
import type { SessionOptions } from './buildkit/options.js'
import type { BuildKitSession } from './buildkit/session.js'
import type { BuildInputs } from './port.js'

/**
 * The sessions of one builder. Builds with the same inputs share one, so that the builder reads a directory once for all
 * platforms, and runs the steps once that are the same for all.
 */
export class BuildSessions implements AsyncDisposable {
  readonly #client: BuildKitClient
  readonly #credentials: SessionOptions['credentials']
  readonly #sessions = new Map<BuildInputs, Promise<BuildKitSession>>()

  constructor(client: BuildKitClient, credentials: NonNullable<SessionOptions['credentials']>) {
    this.#client = client
    this.#credentials = credentials
  }

  /** The session of these inputs; a new one where the last has been closed. */
  async open(inputs: BuildInputs, signal: AbortSignal | undefined): Promise<BuildKitSession> {
    const opening = this.#sessions.get(inputs)
    const session = await opening?.catch(() => undefined)
    if (session !== undefined && !session.isClosed) return session
    // Whoever came first opens another one, for all that wait.
    const again = this.#sessions.get(inputs)
    if (again !== undefined && again !== opening) return again
    const credentials = this.#credentials
    const next = this.#client.openSession({ ...inputs, ...(credentials && { credentials }) }, signal)
    this.#sessions.set(inputs, next)
    return next
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const settled = await Promise.allSettled(this.#sessions.values())
    for (const one of settled) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]()
    this.#sessions.clear()
  }
}
