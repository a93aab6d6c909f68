/** A file of an archive is invalid. The message completes "it cannot be used: …". */
export class PackageError extends Error {}

/** Creates the error of a file of an archive. */
export function packageError(message: string): PackageError {
  return new PackageError(message)
}
