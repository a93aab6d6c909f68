import type { BaseNode } from '../../graph/node.js'
import { LOCK_FILE } from '../../lock/lock.js'
import type { LockedBase } from '../../lock/lock-entry.js'
import { wrongLine } from '../../lock/lock-file.js'
import { CancelledError, RegistryError } from '../../model/errors.js'
import { type Descriptor, isIndex } from '../../model/oci.js'
import { formatPlatform, type Platform } from '../../model/platform.js'
import { parseReference, repositoryOf } from '../../model/reference.js'
import { findImage, selectPlatform } from '../../registry/select-platform.js'
import type { StepCall, StepServices } from '../step.js'
import type { ResolvedImageBase } from './base-resolution.js'

/**
 * Compares the index and the image of a base's line in the lock with the registry: one GET for all platforms of an
 * index. If the index cannot be read, because the registry deleted it or is down, a base that was checked and copied
 * before is accepted with a note.
 *
 * @throws DefinitionError LOCK_INVALID
 */
export async function verifyLockedBase(
  node: BaseNode,
  { locked }: ResolvedImageBase,
  { upstream }: Pick<StepServices, 'upstream'>,
  call: StepCall,
): Promise<void> {
  if (locked === undefined) return
  const { name, index, image } = locked
  const reference = parseReference(name)
  if (reference === undefined) throw wrongLine(locked, `image name '${name}' is not valid`)
  try {
    const found = await upstream.get({ ...repositoryOf(reference), digest: index }, call)
    if (found === undefined) return note(call, `${name}@${index} in ${LOCK_FILE} is no longer in its registry`)
    const { content, descriptor } = found
    const listed = isIndex(content)
      ? [findImage(content, [node.platform]), selectPlatform(content, node.platform)]
      : [descriptor]
    const entry = listed.find((one) => one?.digest === image.digest)
    if (entry === undefined) {
      throw wrongLine(locked, `${index} has no image ${image.digest} for ${formatPlatform(node.platform)}`)
    }
    requireLockedBase(node, locked, { image: entry, states: locked.states })
  } catch (error) {
    if (error instanceof CancelledError || !(error instanceof RegistryError)) throw error
    note(call, `the line of ${name} in ${LOCK_FILE} could not be compared with the registry: ${error.message}`)
  }
}

/** The values in the registry that differ from the locked ones. */
interface ActualBase {
  /** Undefined if only the config was read. */
  readonly image?: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>
  readonly states: Platform | undefined
}

/** @throws DefinitionError LOCK_INVALID if a line of the lock is not what the registry has. */
export function requireLockedBase({ platform }: BaseNode, locked: LockedBase, { image, states }: ActualBase): void {
  const pinned = [locked.image.digest, locked.image.mediaType, `${locked.image.size} bytes`].join(', ')
  const has = image && [image.digest, image.mediaType, `${image.size} bytes`].join(', ')
  if (has !== undefined && has !== pinned) throw wrongLine(locked, `it pins ${pinned}; the registry has ${has}`)
  const [stated, config] = [locked.states, states].map((one) => (one === undefined ? 'none' : formatPlatform(one)))
  if (stated !== config) {
    throw wrongLine(locked, `it has config=${stated} for ${formatPlatform(platform)}; the config states ${config}`)
  }
}

function note({ onEvent }: StepCall, message: string): void {
  onEvent?.({ kind: 'note', message })
}
