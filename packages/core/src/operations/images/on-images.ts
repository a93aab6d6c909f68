import type { Report } from '../../report/report.js'
import type { InspectOptions, OperationOptions } from '../options.js'
import type { BuildMetadata } from '../runs/metadata-file.js'
import type { AssembleEntry, AssembleOptions, Assembly } from './assemble.js'
import type { CopyOptions, CopyResult } from './copy.js'
import type { Inspection } from './inspect.js'
import type { PromotedTag, PromoteOptions } from './promote.js'
import type { Removal } from './remove.js'

// The operations on images are loaded by the first call, like those on pipelines.

/**
 * Makes an image index of existing images, and names it, like `docker manifest create`, `annotate` and `push`. The
 * images may be in any repository; they are mounted or copied into the target's, and the name moves last. Docker's
 * manifest list if all images have Docker's media types, and nothing is annotated; else, and in layouts, an OCI index.
 *
 * @throws DefinitionError USAGE for names and platforms that are none, and for a platform twice; RegistryError
 * NOT_FOUND; PLATFORM_MISSING, also if the name would lose one that it has; PLATFORM_MISMATCH if a platform contradicts
 * an image's config; and all that a registry may answer; CancelledError
 * @example
 * ```ts
 * await assemble('ghcr.io/team/app:1.0', [
 *   'ghcr.io/team/app-amd64:1.0',
 *   { image: 'ghcr.io/team/app-arm:1.0', platform: 'linux/arm/v7' },
 * ])
 * ```
 */
export async function assemble(
  name: string,
  entries: readonly (string | AssembleEntry)[],
  options: AssembleOptions = {},
): Promise<Assembly> {
  return (await import('./assemble.js')).assemble(name, entries, options)
}

/**
 * Copies an image or an index with everything that it refers to, and with signatures, SBOMs and other referrers,
 * between registries and image layouts (`oci:DIR:NAME`). Only missing content is transferred, and the new name is
 * written last. Within one repository only the name moves, so a tag is promoted with the same digest. Needs no builder.
 *
 * @returns the digest of what the target then names, the artifacts that were copied with it, and notes on omitted
 * entries.
 * @throws DefinitionError USAGE; RegistryError NOT_FOUND; PLATFORM_MISSING, also if the name would lose one that it
 * has; MANIFEST_UNSUPPORTED for Docker's media types in a layout; and all that a registry may answer; HostError
 * DIRECTORY_IN_USE; CancelledError
 * @example
 * ```ts
 * await copy('ghcr.io/team/app:1.0-rc1', 'ghcr.io/team/app:1.0')
 * await copy('ghcr.io/team/app:1.0', 'oci:./images:app', { platforms: ['linux/arm/v7'] })
 * ```
 */
export async function copy(from: string, to: string, options: CopyOptions = {}): Promise<CopyResult> {
  return (await import('./copy.js')).copy(from, to, options)
}

/**
 * Reads what a registry holds under a name: the manifest or index, and of each image the platform that its config
 * states, its size and its base; or what an image layout holds, `oci:DIR:NAME`. Needs no pipeline and no builder.
 *
 * @throws DefinitionError USAGE if the name is none; RegistryError NOT_FOUND and all that a registry may answer
 * @example
 * ```ts
 * const { images } = await inspect('ghcr.io/otbiot/esp8266-build:3.0.2')
 * ```
 */
export async function inspect(name: string, options: InspectOptions = {}): Promise<Inspection> {
  return (await import('./inspect.js')).inspect(name, options)
}

/**
 * Tags a published image or index again, with all its platforms and the same digest. Nothing is built.
 * Given the record of a run, it can also move tags back to their previous digests.
 *
 * @param from - a name or digest on a registry; or a parsed report or metadata file of a run: the index of each
 * pipeline in it is tagged.
 * @param to - tags in the repository of `from`; for a single image also whole names. If empty, which requires a record,
 * every name in the record is moved back to its previous digest.
 * @returns every name with its previous and new digest, and the referrers that were copied from another repository.
 * @throws DefinitionError USAGE; RegistryError NOT_FOUND, TAG_MOVED, PLATFORM_MISSING if a name would lose a platform;
 * CancelledError
 * @example
 * ```ts
 * await promote('ghcr.io/team/app:1.0-rc1', ['1.0', 'latest'])
 * ```
 */
export async function promote(
  from: string | Report | BuildMetadata,
  to: readonly string[],
  options: PromoteOptions = {},
): Promise<readonly PromotedTag[]> {
  return (await import('./promote.js')).promote(from, to, options)
}

/**
 * Deletes a tag or, by digest, a manifest with all tags that point to it. The tag or digest has to be written out.
 * Signatures, attestations and other referrers of a deleted manifest are deleted too, unless a tag of their own keeps them.
 * Registries remove the blobs in their own time. Not all delete tags: docker-registry 2 deletes manifests alone.
 *
 * @returns the referrers that were deleted.
 * @throws DefinitionError USAGE; RegistryError NOT_FOUND, and REGISTRY_REJECTED if the registry allows no deletion;
 * CancelledError
 * @example
 * ```ts
 * await remove('ghcr.io/team/app:1.0-rc1')
 * ```
 */
export async function remove(name: string, options: OperationOptions = {}): Promise<Removal> {
  return (await import('./remove.js')).remove(name, options)
}

/**
 * Lists all tags of a repository, or the names in an image layout (`oci:DIR`).
 *
 * @returns tags in the registry's order; none if there is no such repository.
 * @throws DefinitionError USAGE; RegistryError for all that a registry may answer; CancelledError
 * @example
 * ```ts
 * const names = await tags('ghcr.io/team/app')
 * ```
 */
export async function tags(repository: string, options: OperationOptions = {}): Promise<readonly string[]> {
  return (await import('./tags.js')).tags(repository, options)
}
