import { type Digest, isDigest } from '../../model/digest.js'
import { EngineError } from '../../model/errors.js'
import { isJsonObject, textOf } from '../../model/json-fields.js'
import { formatReference, type Reference, withDefaultTag } from '../../model/reference.js'
import type { CredentialStore } from '../../registry/port.js'
import type { BuilderCall } from '../port.js'
import type { Connection } from './connection/connection.js'
import { HttpStatusError } from './failures.js'
import { registryHeaders } from './registry-auth.js'

const NOT_FOUND = 404

/** From this status on, the engine or the registry failed; the request was valid. */
const SERVER_ERROR = 500

/**
 * Lets the engine look up a manifest in its registry; a missing manifest is not an error. Rejects as documented at the
 * port.
 */
export async function requireRegistry(
  connection: Connection,
  credentials: CredentialStore,
  reference: Reference,
  call: BuilderCall,
): Promise<void> {
  await lookUp(connection, credentials, reference, call)
}

/** The digest that the engine finds under a name; undefined if there is none. */
export async function lookUp(
  connection: Connection,
  credentials: CredentialStore,
  reference: Reference,
  { signal }: BuilderCall,
): Promise<Digest | undefined> {
  const name = formatReference(withDefaultTag(reference))
  const headers = await registryHeaders(credentials, reference, { signal })
  try {
    const answer = await connection.json({ method: 'GET', path: `/distribution/${name}/json`, headers, signal })
    const descriptor = answer?.['Descriptor']
    const digest = isJsonObject(descriptor) ? textOf(descriptor['digest']) : undefined
    if (digest !== undefined && isDigest(digest)) return digest
    throw new EngineError('ENGINE_REJECTED', `the engine returned no digest of ${name}`)
  } catch (error) {
    if (!(error instanceof HttpStatusError)) throw error
    if (error.status === NOT_FOUND) return undefined
    if (error.status >= SERVER_ERROR) throw cannotReach(reference, error, connection.address)
    throw error
  }
}

/** Engines respond alike if a registry is unreachable and if it requires a login and none was sent. */
function cannotReach({ registry }: Reference, cause: HttpStatusError, address: string): EngineError {
  return new EngineError(
    'ENGINE_CANNOT_REACH_REGISTRY',
    `the engine at ${address} cannot reach the registry ${registry}: ${cause.message}`,
    {
      hint:
        `use a registry that this engine can reach (an engine in a virtual machine or on another host does not have ` +
        `this machine's loopback); if it requires a login, run 'docker login ${registry}'`,
      cause,
    },
  )
}
