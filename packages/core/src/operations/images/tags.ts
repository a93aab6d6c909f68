import { DefinitionError } from '../../model/errors.js'
import { repositoryOf } from '../../model/reference.js'
import { checkOptions, OPERATION_OPTIONS } from '../option-names.js'
import type { OperationOptions } from '../options.js'
import { openImages, readName } from './named-image.js'

/** Lists all tags of a repository, including those in which polyarch keeps results and records: `polyarch-…`. */
export async function tags(repository: string, options: OperationOptions = {}): Promise<readonly string[]> {
  checkOptions('tags', options, OPERATION_OPTIONS)
  const reference = readName(repository, 'tags')
  if (reference.tag !== undefined || reference.digest !== undefined) {
    const hint = 'remove the tag'
    throw new DefinitionError([{ path: 'tags', message: `'${repository}' is not a repository`, hint }], 'USAGE')
  }
  await using images = openImages(options)
  return await images.listTags(repositoryOf(reference), { signal: options.signal })
}
