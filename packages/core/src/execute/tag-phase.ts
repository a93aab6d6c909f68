import { RegistryError } from '../model/errors.js'
import type { RunEvent, TagChange } from '../model/events.js'
import type { StoredManifest } from '../model/oci.js'
import { formatReference, type Reference, repositoryOf, sameRepository } from '../model/reference.js'
import { allOrNone } from '../registry/all-or-none.js'
import { copyManifest } from '../registry/copy.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { PublishedName } from '../steps/published-names.js'
import type { Output } from '../steps/step.js'
import { findLostPlatforms, lossRefused, readCurrent } from './lost-platforms.js'

/** A name that is about to move. */
export interface TagMove extends PublishedName {
  readonly output: Output
  /** What the plan saw under the name. */
  readonly planned: string | undefined
}

/** What the tag phase starts from. */
export interface TagPhaseInput {
  readonly moves: readonly TagMove[]
  /** Whether a name may lose a platform that it has today. */
  readonly allowRemoval: boolean
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: RunEvent) => void
}

/**
 * Moves every visible name, after all that they are to point to is there: first everything that can fail is done, then
 * the names, one after the other, each read again just before its write. The protocol has no compare-and-swap, so
 * between that read and the write somebody else may still win.
 *
 * @throws RegistryError TAG_MOVED, PLATFORM_MISSING; a failure in the middle tells which names have moved.
 */
export async function moveTags(input: TagPhaseInput, registry: Registry): Promise<readonly TagChange[]> {
  const bring = bringing(registry)
  const manifests = await allOrNone(input.moves, { signal: input.signal }, (move, call) =>
    stage(move, bring, { ...input, ...call }, registry),
  )
  const changes: TagChange[] = []
  for (const [at, move] of input.moves.entries()) {
    const manifest = manifests[at]
    if (manifest === undefined) continue
    try {
      changes.push(await moveOne(move, manifest, input, registry))
    } catch (error) {
      throw midway(error, move.reference, changes, input.moves.slice(at + 1))
    }
  }
  return changes
}

/** Brings what names are to point to into their repositories: once for all names of one repository. */
function bringing(registry: Registry) {
  const under = new Map<string, Promise<unknown>>()
  return (from: Reference, to: Reference, call: RegistryCall): Promise<unknown> => {
    const place = formatReference(to)
    const copy = under.get(place) ?? copyManifest(registry, from, to, {}, call)
    under.set(place, copy)
    return copy
  }
}

/** Brings what the name is to point to into the name's repository, and checks that the name may point there. */
async function stage(
  move: TagMove,
  bring: ReturnType<typeof bringing>,
  input: TagPhaseInput,
  registry: Registry,
): Promise<StoredManifest> {
  const call = { signal: input.signal }
  const byDigest = { ...repositoryOf(move.reference), digest: move.output.descriptor.digest }
  if (!sameRepository(move.reference, move.output.reference)) await bring(move.output.reference, byDigest, call)
  const manifest = await registry.getManifest(byDigest, call)
  if (manifest === undefined) {
    throw new RegistryError('NOT_FOUND', `${formatReference(byDigest)} is gone before its name could move`, {
      node: move.node,
      hint: 'something deletes manifests from this repository while it is published to; run again',
    })
  }
  if (!input.allowRemoval) await refuseRemoval(move, manifest, registry, call)
  return manifest
}

async function refuseRemoval(
  { reference, planned }: TagMove,
  next: StoredManifest,
  registry: Registry,
  call: { readonly signal: AbortSignal | undefined },
): Promise<void> {
  if (planned === undefined || planned === next.descriptor.digest) return
  const current = await readCurrent(reference, registry, call)
  const lost = await findLostPlatforms({ reference, current, next }, registry, call)
  if (lost.length === 0) return
  throw lossRefused(reference, lost, 'declare the platform, or say --allow-removal where it is meant to go')
}

async function moveOne(
  { reference, planned }: TagMove,
  manifest: StoredManifest,
  { signal, emit }: TagPhaseInput,
  registry: Registry,
): Promise<TagChange> {
  const to = manifest.descriptor.digest
  const look = async () => (await registry.resolve(reference, { signal, fresh: true }))?.digest
  const from = await look()
  const change = { reference: formatReference(reference), to, ...(from !== undefined && { from }) }
  if (from === to) {
    emit({ kind: 'tag-kept', at: Date.now(), change })
    return change
  }
  const requirePlanned = (now: string | undefined) => {
    if (now === planned) return
    throw new RegistryError('TAG_MOVED', `${change.reference} was moved by somebody else since the plan`, {
      hint: 'run again: it then starts from what the name points to now',
    })
  }
  requirePlanned(from)
  // A write that is repeated may come much later than the first look.
  const beforeRepeat = async () => requirePlanned(await look())
  await registry.putManifest(reference, manifest, { signal, beforeRepeat })
  emit({ kind: 'tag-moved', at: Date.now(), change })
  return change
}

/** A failure in the middle says, name by name, how far the phase came. */
function midway(error: unknown, failed: Reference, done: readonly TagChange[], left: readonly TagMove[]): unknown {
  if (!(error instanceof RegistryError) || (done.length === 0 && left.length === 0)) return error
  const moved = done.filter(({ from, to }) => from !== to).map(({ reference }) => reference)
  const told = [
    moved.length > 0 ? `moved: ${moved.join(', ')}` : 'no name has moved',
    `not moved: ${[failed, ...left.map(({ reference }) => reference)].map(formatReference).join(', ')}`,
  ]
  return new RegistryError(error.code, `${error.message} (${told.join('; ')})`, {
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.status !== undefined && { status: error.status }),
    ...(error.exchange !== undefined && { exchange: error.exchange }),
  })
}
