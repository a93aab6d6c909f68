import type { CredentialStore, Credentials } from '../port.js'
import { hostOfKey } from './docker-config-file.js'

/**
 * Given logins, by host.
 *
 * @example
 * ```ts
 * staticCredentials({ 'registry.example.com': { kind: 'password', username: 'builder', password } })
 * ```
 */
export function staticCredentials(logins: Readonly<Record<string, Credentials>>): CredentialStore {
  const byHost = new Map(Object.entries(logins).map(([host, login]) => [hostOfKey(host), login]))
  return { find: async (host) => byHost.get(hostOfKey(host)) }
}

/**
 * The first login that one of several stores has.
 *
 * @example
 * ```ts
 * firstCredentials(staticCredentials(logins), dockerConfigCredentials())
 * ```
 */
export function firstCredentials(...stores: readonly CredentialStore[]): CredentialStore {
  return {
    async find(host, call) {
      for (const store of stores) {
        const found = await store.find(host, call)
        if (found) return found
      }
      return undefined
    },
  }
}
