import { parseJson } from '../../../model/json.js'
import { isJsonObject, textsOf } from '../../../model/json-fields.js'
import { formatReference, formatRepository, type Reference, withDefaultTag } from '../../../model/reference.js'
import type { BuilderCall } from '../../port.js'
import type { Connection } from '../connection/connection.js'
import { HttpStatusError } from '../failures.js'
import { readText } from '../read-text.js'

/** Adds a name to an image of the engine. */
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

/** Removes a name from the engine; a missing name is not an error. */
export function untagImage(connection: Connection, reference: Reference, call: BuilderCall): Promise<void> {
  return removeImageName(connection, formatReference(withDefaultTag(reference)), call)
}

/** The names of all images of the engine, with their tags. */
export async function listImageNames(connection: Connection, { signal }: BuilderCall): Promise<readonly string[]> {
  const answer = parseJson(await readText(await connection.send({ method: 'GET', path: '/images/json', signal })))
  const images: readonly unknown[] = Array.isArray(answer) ? answer : []
  return images.flatMap((image) => (isJsonObject(image) ? textsOf(image['RepoTags']) : []))
}

/** Removes a name as listed by the engine; a missing name is not an error. */
export async function removeImageName(connection: Connection, name: string, { signal }: BuilderCall): Promise<void> {
  const path = `/images/${name}`
  try {
    await connection.perform({ method: 'DELETE', path, signal })
  } catch (error) {
    if (!(error instanceof HttpStatusError && error.status === 404)) throw error
  }
}
