import { formatReference, formatRepository, type Reference, withDefaultTag } from '../../model/reference.js'
import type { BuilderCall } from '../port.js'
import type { Connection } from './connection/connection.js'
import { HttpStatusError } from './failures.js'

/** Gives an image of the engine another name. */
export async function tagImage(
  connection: Connection,
  source: Reference,
  target: Reference,
  { signal }: BuilderCall,
): Promise<void> {
  const path = `/images/${formatReference(withDefaultTag(source))}/tag`
  const query = { repo: formatRepository(target), tag: withDefaultTag(target).tag ?? '' }
  await connection.perform({ method: 'POST', path, query, signal })
}

/** Removes a name from the engine; one that is not there is no error. */
export async function untagImage(connection: Connection, reference: Reference, { signal }: BuilderCall): Promise<void> {
  const path = `/images/${formatReference(withDefaultTag(reference))}`
  try {
    await connection.perform({ method: 'DELETE', path, signal })
  } catch (error) {
    if (!(error instanceof HttpStatusError && error.status === 404)) throw error
  }
}
