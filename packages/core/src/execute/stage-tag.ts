import type { Digest } from '../model/digest.js'
import { RegistryError } from '../model/errors.js'
import { onePerDigest, type StoredManifest } from '../model/oci.js'
import { formatReference, type Reference, repositoryOf, sameRepository } from '../model/reference.js'
import { allOrNone } from '../registry/all-or-none.js'
import { type CopyResult, copyManifest } from '../registry/copy/copy.js'
import { holdsEntry, readIndexContent } from '../registry/manifests/index-entries.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { PublishedName } from '../steps/published-names.js'
import type { Output } from '../steps/step.js'
import { findRemovedPlatforms, readCurrent, removalRefused } from './removed-platforms.js'

/** A name that will move. */
export interface TagMove extends PublishedName {
  readonly output: Output
  /** The digest of the name in the plan. */
  readonly planned: Digest | undefined
}

/** Parts of the tag phase's input that staging uses. */
export interface Staging {
  readonly moves: readonly TagMove[]
  readonly allowRemoval: boolean
  readonly referrers?: boolean
  readonly onCopied?: (name: Reference, made: CopyResult) => void
}

/**
 * Prepares the repositories of names without writing a name: copies the new content, checks that it is complete, and
 * that no name loses a platform.
 *
 * @returns the new manifest of each name.
 * @throws RegistryError NOT_FOUND, PLATFORM_MISSING
 */
export function stageTags(
  { moves, allowRemoval, referrers = false, onCopied }: Staging,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly StoredManifest[]> {
  const copy = oncePerLocation((from: Reference, to: Reference, own) =>
    copyManifest(registry, from, to, { referrers, ...own }),
  )
  const check = oncePerLocation((manifest: StoredManifest, at: Reference, own) =>
    requireChildren(manifest, at, registry, own),
  )
  return allOrNone(moves, call, async (move, own) => {
    const byDigest = { ...repositoryOf(move.reference), digest: move.output.descriptor.digest }
    if (!sameRepository(move.reference, move.output.reference)) {
      const made = await copy(move.output.reference, byDigest, own)
      onCopied?.(move.reference, made)
    }
    const manifest = await registry.getManifest(byDigest, own)
    if (manifest === undefined) throw notFound(byDigest, move.node)
    // With `own`: all names of a repository share a check, which must not end with one of them.
    const checkContent = async () => move.planned !== manifest.descriptor.digest && check(manifest, byDigest, own)
    const checkRemoval = async () => !allowRemoval && refuseRemoval(move, manifest, registry, own)
    await allOrNone([checkContent, checkRemoval], own, (run) => run())
    return manifest
  })
}

/** Does work once for all names of one repository. */
function oncePerLocation<T, R>(work: (what: T, at: Reference, call: RegistryCall) => Promise<R>) {
  const done = new Map<string, Promise<R>>()
  return (what: T, at: Reference, call: RegistryCall): Promise<R> => {
    const place = formatReference(at)
    const working = done.get(place) ?? work(what, at, call)
    done.set(place, working)
    return working
  }
}

/** Some registries accept an index whose images have been deleted, so this checks them. */
async function requireChildren(
  manifest: StoredManifest,
  reference: Reference,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const fresh = { ...call, fresh: true }
  const { entries } = await readIndexContent(registry, reference, manifest, fresh)
  const children = onePerDigest(entries.map(({ entry }) => entry))
  await allOrNone(children, fresh, async (entry, own) => {
    if (!(await holdsEntry(registry, reference, entry, own))) throw missingChild(reference, entry.digest)
  })
}

async function refuseRemoval(
  { reference, planned }: TagMove,
  next: StoredManifest,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  if (planned === undefined || planned === next.descriptor.digest) return
  const current = await readCurrent(reference, registry, call)
  const removed = await findRemovedPlatforms({ reference, current, next }, registry, call)
  if (removed.length === 0) return
  throw removalRefused(reference, removed, 'declare the platform')
}

const HINT = 'check for a job that deletes manifests from this repository, and run again'

function notFound(reference: Reference, node: string): RegistryError {
  const message = `${formatReference(reference)} was deleted before its name could move`
  return new RegistryError('NOT_FOUND', message, { node, hint: HINT })
}

function missingChild(reference: Reference, digest: Digest): RegistryError {
  const message = `${formatReference(reference)} lists ${digest}, which is not in the repository`
  return new RegistryError('NOT_FOUND', message, { hint: HINT })
}
