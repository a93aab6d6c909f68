import type { Digest } from '../model/digest.js'
import { RegistryError } from '../model/errors.js'
import type { StoredManifest } from '../model/oci.js'
import { formatReference, type Reference } from '../model/reference.js'
import type { RunEvent, TagChange } from '../model/run/events.js'
import { allOrNone } from '../registry/all-or-none.js'
import type { CopyResult } from '../registry/copy/copy.js'
import { confirmName, movedSince } from '../registry/manifests/confirm-name.js'
import { heldBy, readStates, stateEvent, withStates } from '../registry/name-state.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { isEqualResult } from '../steps/equal-result.js'
import { agreeOnDigest, type SettledName } from './agree-on-digest.js'
import { readCurrent } from './removed-platforms.js'
import { stageTags, type TagMove } from './stage-tag.js'

/** Input of the tag phase. */
export interface TagPhaseInput {
  readonly moves: readonly TagMove[]
  /** Whether a name may lose a platform. */
  readonly allowRemoval: boolean
  /** Whether referrers are copied to names in other repositories. */
  readonly referrers?: boolean
  /** Called for each name in another repository with the copied content. */
  readonly onCopied?: (name: Reference, made: CopyResult) => void
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: RunEvent) => void
}

/** A name that is being moved. */
interface MovingName extends SettledName {
  readonly planned: Digest | undefined
  readonly manifest: StoredManifest
  /** The digest of the name immediately before it was written. */
  before?: Digest | undefined
  isWritten?: boolean
}

/**
 * Moves every visible name, after everything that the names will point to exists.
 * Steps that can fail come first. Then the names are moved one after the other, each is read immediately before it is
 * written, and all of them once more at the end. Names that another run moved to an equal result are changed to the
 * same digest.
 * The protocol has no compare-and-swap, so another writer may still move a name between that read and the write.
 *
 * @throws RegistryError TAG_MOVED, PLATFORM_MISSING, NOT_FOUND; an error while names are moved states what each of them
 * holds.
 */
export async function moveTags(input: TagPhaseInput, registry: Registry): Promise<readonly TagChange[]> {
  const { moves, signal, emit } = input
  const manifests = await stageTags(input, registry, { signal })
  const names = moves.flatMap(({ reference, node, planned }, at): readonly MovingName[] => {
    const manifest = manifests[at]
    return manifest === undefined ? [] : [{ reference, node, planned, manifest }]
  })
  try {
    for (const name of names) await move(name, registry, { signal })
    await allOrNone(names, { signal }, (name, call) => confirm(name, registry, call))
    await agreeOnDigest(names, registry, { signal })
  } catch (error) {
    throw await explained(error, names, registry, emit)
  }
  const changes = names.map(changeOf)
  for (const change of changes)
    emit({ kind: change.from === change.to ? 'tag-kept' : 'tag-moved', at: Date.now(), change })
  return changes
}

function changeOf({ reference, manifest, before, holds = manifest.descriptor.digest }: MovingName): TagChange {
  return { reference: formatReference(reference), to: holds, ...(before !== undefined && { from: before }) }
}

/** Writes one name, unless it holds the manifest, or an equal one, already. */
async function move(name: MovingName, registry: Registry, call: RegistryCall): Promise<void> {
  const { reference, manifest } = name
  name.before = await heldBy(reference, registry, call)
  if (await isDone(name, name.before, registry, call)) return
  requirePlanned(name, name.before)
  // A repeated write may happen much later than the first read.
  const beforeRepeat = async () => requirePlanned(name, await heldBy(reference, registry, call))
  try {
    await registry.putManifest(reference, manifest, { ...call, beforeRepeat })
    name.isWritten = true
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    const now = await heldBy(reference, registry, call).catch(() => undefined)
    if (!(await isDone(name, now, registry, call))) throw error
  }
}

/** Whether a name points to the result, or to an equal result of another run. */
async function isDone(
  name: MovingName,
  now: Digest | undefined,
  registry: Registry,
  call: RegistryCall,
): Promise<boolean> {
  const { reference, planned, manifest } = name
  const isEqual = async () => {
    const current = await readCurrent(reference, registry, call)
    return isEqualResult({ current, next: manifest }, reference, registry, call)
  }
  const isSame = now === manifest.descriptor.digest
  if (now === undefined || (!isSame && (now === planned || !(await isEqual())))) return false
  name.holds = now
  return true
}

function requirePlanned({ reference, planned }: MovingName, now: string | undefined): void {
  if (now === planned) return
  throw new RegistryError('TAG_MOVED', `${formatReference(reference)} was moved by another writer after the plan`, {
    hint: 'run again: the new run starts from the current state of the name',
  })
}

/** Reads a written name again. */
async function confirm(name: MovingName, registry: Registry, call: RegistryCall): Promise<void> {
  const { reference, manifest, before, isWritten } = name
  if (!isWritten) return
  const now = await confirmName({ reference, manifest, before }, registry, call)
  if (now === manifest.descriptor.digest) name.holds = now
  else if (!(await isDone(name, now, registry, call))) throw movedSince(reference)
}

/** Adds the current digest of each name to the error of the phase, and emits the same as events. */
async function explained(
  error: unknown,
  names: readonly MovingName[],
  registry: Registry,
  emit: (event: RunEvent) => void,
): Promise<unknown> {
  const unsettled = names.map(({ reference, manifest, before, planned, isWritten }) => ({
    reference,
    before: before ?? planned,
    to: manifest.descriptor.digest,
    isWritten,
  }))
  const states = await readStates(unsettled, registry)
  for (const state of states) emit(stateEvent(state))
  return withStates(error, states)
}
