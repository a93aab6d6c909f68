import { layoutDirectory, parseLayoutReference } from '../../layout/layout-reference.js'
import { withLayouts } from '../../layout/layout-registry.js'
import { DefinitionError } from '../../model/errors.js'
import { namesHost, parseReference, type Reference, withDefaultTag } from '../../model/reference.js'
import type { Registry } from '../../registry/port.js'
import { openRegistry } from '../open-registry.js'
import type { OperationOptions } from '../options.js'

/**
 * Reads the name of an image or repository: on a registry, or `oci:DIR[:NAME]` for one in an image layout directory.
 *
 * @param path - the parameter, for messages: `copy(from)`
 * @throws DefinitionError USAGE
 */
export function readName(name: string, path: string): Reference {
  const reference = parseLayoutReference(name) ?? parseReference(name)
  if (reference !== undefined) return reference
  const hint = "write 'ghcr.io/team/app:1.0', or 'oci:DIR:NAME' for an image in a directory"
  throw new DefinitionError([{ path, message: `'${name}' is not a valid image name`, hint }], 'USAGE')
}

/**
 * Parses the name of something to change. A name without a host is rejected: it would mean Docker Hub, usually by
 * accident.
 */
export function readTarget(name: string, path: string): Reference {
  const reference = readName(name, path)
  if (isLayout(reference) || namesHost(name)) return reference
  const hint = `for Docker Hub write 'docker.io/${name}'`
  throw new DefinitionError([{ path, message: `'${name}' has no registry host`, hint }], 'USAGE')
}

/** Parses a new name, with the tag `latest` if it has none. @throws DefinitionError USAGE */
export function readNewName(name: string, path: string): Reference {
  const reference = readTarget(name, path)
  if (!isLayout(reference) || reference.digest === undefined || reference.tag !== undefined) {
    return withDefaultTag(reference)
  }
  const hint = "write 'oci:DIR:NAME': an image needs a name in the layout"
  throw new DefinitionError([{ path, message: `'${name}' has no name in the layout`, hint }], 'USAGE')
}

/** Completes a name without a tag: `latest` on a registry, the only image in a layout. */
export function imageNamed(reference: Reference): Reference {
  return isLayout(reference) ? reference : withDefaultTag(reference)
}

/** Whether a reference names an image in a layout. */
export function isLayout(reference: Reference): boolean {
  return layoutDirectory(reference) !== undefined
}

/** Opens a client for registries and image layouts. */
export function openImages(options: OperationOptions): Registry {
  return withLayouts(openRegistry(options))
}
