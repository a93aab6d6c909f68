import { onRegistry } from '../../definition/compile/names/names.js'
import { formatReference } from '../../model/reference.js'
import { chooseRegistry } from '../registry-choice.js'

/**
 * Runs work on image names while the selected registry is available.
 *
 * @param work - receives a function that moves a name to that registry
 */
export async function onChosenRegistry<Result>(
  registry: string | undefined,
  work: (placed: (name: string) => string) => Promise<Result>,
): Promise<Result> {
  await using chosen = await chooseRegistry(registry)
  try {
    return await work((name) => placedName(name, chosen.host))
  } catch (error) {
    throw chosen.explain(error)
  }
}

/** A name on the selected registry. Names in layouts and invalid names are unchanged. */
export function placedName(name: string, registry: string | undefined): string {
  const moved = registry === undefined || name.startsWith('oci:') ? undefined : onRegistry(registry, name)
  return moved === undefined ? name : formatReference(moved)
}
