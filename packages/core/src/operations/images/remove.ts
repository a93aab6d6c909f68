import type { Digest } from '../../model/digest.js'
import { DefinitionError, RegistryError } from '../../model/errors.js'
import { formatReference, type Reference, repositoryOf } from '../../model/reference.js'
import { imageNotFound } from '../../registry/image-not-found.js'
import { checkOptions, OPERATION_OPTIONS } from '../option-names.js'
import type { OperationOptions } from '../options.js'
import { openImages, readTarget } from './named-image.js'
import { isTagRefused } from './refused-deletion.js'

/** Deletes a tag or a manifest. */
export async function remove(name: string, options: OperationOptions = {}): Promise<void> {
  checkOptions('remove', options, OPERATION_OPTIONS)
  const reference = readTarget(name, 'remove')
  if (reference.tag === undefined && reference.digest === undefined) {
    const hint = `add the tag or digest to delete: '${name}:1.0'`
    throw new DefinitionError([{ path: 'remove', message: `'${name}' has no tag or digest`, hint }], 'USAGE')
  }
  await using images = openImages(options)
  const call = { signal: options.signal, fresh: true }
  const there = await images.resolve(reference, call)
  if (there === undefined) {
    throw imageNotFound(`${formatReference(reference)} does not exist`)
  }
  try {
    await images.deleteManifest(reference, call)
  } catch (error) {
    throw reference.digest === undefined && isTagRefused(error) ? tagRefused(error, reference, there.digest) : error
  }
}

function tagRefused(cause: unknown, reference: Reference, digest: Digest): RegistryError {
  const { registry } = reference
  const manifest = formatReference({ ...repositoryOf(reference), digest })
  return new RegistryError(
    'REGISTRY_REJECTED',
    `${registry} does not support deletion of the tag ${formatReference(reference)}`,
    {
      hint: `if it supports deletion of manifests, call remove('${manifest}'), which deletes all its tags`,
      cause,
      ...(cause instanceof RegistryError && cause.exchange !== undefined && { exchange: cause.exchange }),
    },
  )
}
