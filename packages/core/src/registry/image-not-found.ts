import { RegistryError } from '../model/errors.js'

/** Returns the error for an image that the user has named and that does not exist. */
export function imageNotFound(message: string): RegistryError {
  return new RegistryError('NOT_FOUND', message, {
    hint: 'check the name and the tag; for a private repository, check that you are logged in',
  })
}
