import type { Node } from '../../graph/node.js'
import { type Digest, isDigest } from '../../model/digest.js'
import { DefinitionError, throwIfCancelled } from '../../model/errors.js'
import { isIndex } from '../../model/oci.js'
import {
  formatReference,
  type Reference,
  type Repository,
  repositoryOf,
  sameRepository,
} from '../../model/reference.js'
import { makePlan } from '../../plan/planning.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { cacheReference, checkReference, keyReference } from '../../steps/key.js'
import { deleteReferrers, formatReferrer, type Referrer } from '../deletion/referrers.js'
import { imageNamed, readName } from '../images/named-image.js'
import { PRUNE_OPTIONS, splitArguments } from '../option-names.js'
import type { PipelinesAndOptions, PruneOptions } from '../options.js'
import { type RunSession, withRunSession } from '../runs/run-session.js'
import { deleteUnneeded } from './deletion.js'
import { findUnneeded, type Kept, type PruneReason, type Unneeded, type UnneededManifest } from './unneeded.js'

/** A key tag that nothing needs, a referrer of its image, or a tag or digest whose manifest cannot be read. */
export interface PrunedTag {
  /** `ghcr.io/team/app:polyarch-…`; of a referrer without a tag, `ghcr.io/team/app@sha256:…` */
  readonly reference: string
  /** Undefined if its manifest cannot be read. */
  readonly digest?: Digest
  readonly why: PruneReason
  /** `recent`: it was pushed less than `olderThan` ago. */
  readonly outcome: 'listed' | 'deleted' | 'kept' | 'recent'
  /** Why it is kept: its date, the registry's reason, or the unreadable manifest. */
  readonly because?: string
}

type PruneOutcome = Pick<PrunedTag, 'outcome' | 'because'>

/** Longer than any run between the push of an image and its name. */
const DEFAULT_OLDER_THAN_MS = 24 * 60 * 60_000

/** Finds the key tags that nothing needs, and deletes them if requested. */
export async function prune(...given: PipelinesAndOptions<PruneOptions>): Promise<readonly PrunedTag[]> {
  const { pipelines, options } = splitArguments('prune', given, PRUNE_OPTIONS)
  throwIfCancelled(options.signal)
  return withRunSession(pipelines, options, (session) => pruneIn(session, options))
}

async function pruneIn(session: RunSession, options: PruneOptions): Promise<readonly PrunedTag[]> {
  const { signal } = options
  const pushedAfter = Date.now() - (options.olderThan ?? DEFAULT_OLDER_THAN_MS)
  const repositories = repositoriesOf(session)
  const references = readKeep(options.keep ?? [], repositories)
  const kept = { keyTags: await requiredKeyTags(session, { signal }), references, pushedAfter }
  const { registry } = session.services
  const found: Unneeded[] = []
  for (const one of repositories) found.push(await findUnneeded(one, kept, registry, { signal }))
  const manifests = found.flatMap((one) => one.manifests)
  const pruned = options.delete
    ? await deleteAll(manifests, registry, { signal })
    : manifests.flatMap((one) => [...listed(one), ...listedReferrers(one)])
  return [...pruned, ...found.flatMap(spared)]
}

/** The repositories of the requested pipelines; repositories of other pipelines belong to their own publishers. */
function repositoriesOf({ definition }: RunSession): readonly Repository[] {
  const all = definition.pipelines
    .filter(({ requested }) => requested)
    .flatMap(({ repository, sharedBase }) => [repository, sharedBase])
    .map(repositoryOf)
  return all.filter((one, at) => all.findIndex((other) => sameRepository(one, other)) === at)
}

function readKeep(keep: readonly string[], repositories: readonly Repository[]): readonly Reference[] {
  return keep.map((name) => {
    const reference = imageNamed(readName(name, 'prune keep'))
    if (repositories.some((one) => sameRepository(one, reference))) return reference
    const hint = `repositories: ${repositories.map(formatReference).join(', ')}`
    const message = `'${name}' is not in a repository of these pipelines`
    throw new DefinitionError([{ path: 'prune keep', message, hint }], 'USAGE')
  })
}

/** The key tags that a run of the definition would look up. */
async function requiredKeyTags({ input, services }: RunSession, call: RegistryCall): Promise<Kept['keyTags']> {
  const { nodes } = await makePlan({ ...input, builds: false }, services, call)
  return new Set(
    [...nodes.values()]
      .flatMap(({ node, keyed }) =>
        keyed === undefined
          ? []
          : [keyReference, checkReference].map((referenceOf) =>
              formatReference(referenceOf(node.repository, keyed.key)),
            ),
      )
      .concat(input.graph.nodes.flatMap(cacheTags)),
  )
}

function cacheTags(node: Node): readonly string[] {
  if (node.kind !== 'image' || node.build.cache === undefined) return []
  return [formatReference(cacheReference(node.repository, node.pipeline, node.platform))]
}

/** Deletes one after the other, so that a registry that rejects deletion receives one request. */
async function deleteAll(
  found: readonly UnneededManifest[],
  registry: Registry,
  call: RegistryCall,
): Promise<readonly PrunedTag[]> {
  const pruned: PrunedTag[] = []
  // Some registries delete nothing that an index still lists.
  const [indexes, others] = [found.filter(isOfIndex), found.filter((one) => !isOfIndex(one))]
  for (const one of [...indexes, ...others]) {
    const kept = await deleteUnneeded(one, registry, call)
    pruned.push(...listed(one, (tag) => outcomeOf(kept.get(tag))))
    const isDeleted = kept.size === 0
    const { repository, manifest, referrers } = one
    const subject = { ...repository, digest: manifest.descriptor.digest }
    const left = isDeleted ? await deleteReferrers(subject, referrers, registry, call) : new Map<Digest, string>()
    const because = (digest: Digest) => (isDeleted ? left.get(digest) : 'what it refers to was not deleted')
    pruned.push(...listedReferrers(one, ({ digest }) => outcomeOf(because(digest))))
  }
  return pruned
}

function listedReferrers(
  { repository, referrers }: UnneededManifest,
  outcome: (referrer: Referrer) => PruneOutcome = () => ({ outcome: 'listed' }),
): readonly PrunedTag[] {
  return referrers.map((one) => ({
    reference: formatReferrer(repository, one),
    digest: one.digest,
    why: 'referrer',
    ...outcome(one),
  }))
}

function isOfIndex({ manifest }: UnneededManifest): boolean {
  return isIndex(manifest.content)
}

function outcomeOf(because: string | undefined): PruneOutcome {
  return because === undefined ? { outcome: 'deleted' } : { outcome: 'kept', because }
}

function listed(
  { repository, manifest, tags }: UnneededManifest,
  outcome: (tag: string) => PruneOutcome = () => ({ outcome: 'listed' }),
): readonly PrunedTag[] {
  return tags.map(({ tag, why }) => ({
    reference: formatReference({ ...repository, tag }),
    digest: manifest.descriptor.digest,
    why,
    ...outcome(tag),
  }))
}

function spared({ repository, spared: tags, unreadable }: Unneeded): readonly PrunedTag[] {
  return [
    ...tags.map(({ tag, manifest, why, outcome, because }) => ({
      reference: formatReference({ ...repository, tag }),
      digest: manifest.descriptor.digest,
      why,
      outcome,
      because,
    })),
    ...unreadable.map(({ name, because }) => ({
      reference: formatReference({ ...repository, ...(isDigest(name) ? { digest: name } : { tag: name }) }),
      why: 'unreadable' as const,
      outcome: 'kept' as const,
      because,
    })),
  ]
}
