import { basename, dirname, resolve, sep } from 'node:path'
import { isDigest } from '../model/digest.js'
import type { Reference, Repository } from '../model/reference.js'

const SCHEME = 'oci:'

/**
 * Reads `oci:DIR[:NAME][@DIGEST]`, the syntax of skopeo and buildah for an image in a directory. The directory ends at
 * the first colon; the name may contain others.
 *
 * @returns undefined for any other text. Formatting the reference returns the text with the directory's absolute path.
 */
export function parseLayoutReference(text: string): Reference | undefined {
  const [, directory, name, digest] =
    /^oci:([^:]+?)(?::(.+?))?(?:@(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}))?$/s.exec(text) ?? []
  // The rest of an invalid digest would be parsed as a part of the name.
  if (directory === undefined || /@sha\d+(:|$)/.test(`${directory}:${name ?? ''}`)) return undefined
  const path = resolve(directory)
  return {
    // A root directory already ends with a separator.
    registry: SCHEME + dirname(path).replace(/[/\\]$/, ''),
    repository: basename(path),
    ...(name !== undefined && { tag: name }),
    ...(digest !== undefined && isDigest(digest) && { digest }),
  }
}

/** The directory of an image layout; undefined for a repository on a registry. */
export function layoutDirectory({ registry, repository }: Repository): string | undefined {
  return registry.startsWith(SCHEME) ? registry.slice(SCHEME.length) + sep + repository : undefined
}
