import { coversScopes, type Scope } from './scope.js'
import type { Token } from './token-service.js'

/** The tokens of one registry, by what they allow. Requests that need the same token at one time share one fetch. */
export class TokenCache {
  #entries: readonly { readonly scopes: readonly Scope[]; readonly token: Promise<Token> }[] = []

  /** A token for at least these scopes. */
  async get(scopes: readonly Scope[], fetch: () => Promise<Token>): Promise<Token> {
    for (;;) {
      // Looked for anew after each wait, since another request may have fetched what this one needs.
      const held = this.#entries.find((entry) => coversScopes(entry.scopes, scopes))
      if (held === undefined) return this.#fetch(scopes, fetch)
      const token = await held.token
      if (token.refreshAt > Date.now()) return token
      this.#entries = this.#entries.filter((other) => other !== held)
    }
  }

  /** Forgets a token that the registry did not accept. */
  async drop(value: string): Promise<void> {
    for (const entry of this.#entries) {
      const token = await entry.token.catch(() => undefined)
      if (token?.value === value) this.#entries = this.#entries.filter((other) => other !== entry)
    }
  }

  #fetch(scopes: readonly Scope[], fetch: () => Promise<Token>): Promise<Token> {
    const entry = { scopes, token: fetch() }
    this.#entries = [...this.#entries, entry]
    entry.token.catch(() => {
      this.#entries = this.#entries.filter((other) => other !== entry)
    })
    return entry.token
  }
}
