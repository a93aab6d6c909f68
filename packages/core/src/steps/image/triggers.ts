import { RegistryError } from '../../model/errors.js'
import { isIndex } from '../../model/oci.js'
import type { Reference } from '../../model/reference.js'
import type { StepCall, StepServices } from '../step.js'

/**
 * Reads the triggers (`ONBUILD`) of an image.
 *
 * @returns 'index' for an index, of which a builder chooses the image; undefined if the image cannot be read.
 * @throws CancelledError
 */
export async function readTriggers(
  reference: Reference,
  { upstream }: Pick<StepServices, 'upstream'>,
  call: StepCall,
): Promise<readonly string[] | 'index' | undefined> {
  try {
    const found = await upstream.get(reference, call)
    if (found === undefined) return undefined
    if (isIndex(found.content)) return 'index'
    const { config } = await upstream.config(reference, found.content, call)
    return config?.OnBuild ?? []
  } catch (error) {
    if (error instanceof RegistryError) return undefined
    throw error
  }
}
