import { CancelledError } from '../../model/errors.js'
import { coversScopes, type Scope } from './scope.js'
import type { Token } from './token-service.js'

interface Entry {
  /** Counts the fetches of this cache. */
  readonly number: number
  readonly scopes: readonly Scope[]
  readonly token: Promise<Token>
  /** Undefined until the response has arrived. */
  value?: string
}

/** The tokens of one registry, by scope. Concurrent requests for the same token share one fetch. */
export class TokenCache {
  #entries: readonly Entry[] = []
  #fetches = 0

  /** Number of tokens requested so far: a later token is newer than any response until now. */
  get fetches(): number {
    return this.#fetches
  }

  /**
   * A token for at least these scopes.
   *
   * @param after - Only tokens requested after this many fetches are used.
   */
  async get(scopes: readonly Scope[], fetch: () => Promise<Token>, after = 0): Promise<Token> {
    for (;;) {
      // Checked again after each wait, since another request may have fetched a matching token.
      const held = this.#entries.find((entry) => entry.number > after && coversScopes(entry.scopes, scopes))
      if (held === undefined) return this.#fetch(scopes, fetch)
      const token = await held.token.catch((error: unknown) => {
        // A cancelled request does not end the fetch of other requests.
        if (error instanceof CancelledError) return
        // A token with more scopes may be refused although one with these scopes alone is granted.
        if (coversScopes(scopes, held.scopes)) throw error
      })
      if (token !== undefined && token.refreshAt > Date.now()) return token
      this.#remove(held)
    }
  }

  /** Forgets a token that the registry did not accept. */
  drop(value: string): void {
    this.#entries = this.#entries.filter((entry) => entry.value !== value)
  }

  #fetch(scopes: readonly Scope[], fetch: () => Promise<Token>): Promise<Token> {
    this.#fetches += 1
    const entry: Entry = { number: this.#fetches, scopes, token: fetch() }
    this.#entries = [...this.#entries, entry]
    entry.token.then(
      ({ value }) => {
        entry.value = value
      },
      () => this.#remove(entry),
    )
    return entry.token
  }

  #remove(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry)
  }
}
