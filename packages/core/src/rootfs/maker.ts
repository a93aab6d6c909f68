import { isDeepStrictEqual } from 'node:util'
import envPaths from 'env-paths'
import type { AptBase, RootfsBase } from '../definition/base-source.js'
import { CancelledError, HostError, PolyarchError } from '../model/errors.js'
import { openArchive } from './archive.js'
import { requireEmulator } from './emulator.js'
import { findMirror } from './host-mirror.js'
import { LayerCache } from './layer-cache.js'
import { requireMmdebstrap, runMmdebstrap } from './mmdebstrap.js'
import type { ResolvedRootfs, RootfsCall, RootfsLayer, RootfsMaker } from './port.js'
import { type ReleaseFacts, readRelease } from './release-file.js'

/** How root file systems are made. */
export interface RootfsMakerOptions {
  /** Where layers are kept; the user's cache directory unless told otherwise. */
  readonly cacheDirectory?: string
}

/** Makes root file systems from packages and archives, each once: equal inputs are taken from the cache. */
export function createRootfsMaker({ cacheDirectory }: RootfsMakerOptions = {}): RootfsMaker {
  const cache = new LayerCache(cacheDirectory ?? envPaths('polyarch', { suffix: '' }).cache)
  return {
    resolve: (source, call = {}, locked) =>
      source.kind === 'apt' ? resolveApt(source, call, locked) : resolveArchive(source),
    make: async (resolved, call = {}) => (await cache.find(resolved.inputs)) ?? make(cache, resolved, call),
  }
}

async function resolveApt(source: AptBase, call: RootfsCall, locked?: ReleaseFacts): Promise<ResolvedRootfs> {
  if (locked !== undefined) return resolvedApt(source, locked)
  const { mirror, facts } = await readArchive(source, call)
  return { ...resolvedApt(source, facts), mirror }
}

/** Looks whether this machine can make it, and from what. */
async function readArchive(source: AptBase, { signal }: RootfsCall) {
  const mirror = await findMirror(source)
  await requireMmdebstrap()
  await requireEmulator(source.architecture)
  return { mirror, facts: await readRelease(mirror, source, signal) }
}

function resolvedApt(source: AptBase, { date, indexes }: ReleaseFacts): ResolvedRootfs {
  const { distribution, suite, architecture, components, variant, packages } = source
  const inputs = {
    distribution,
    suite,
    architecture,
    components,
    variant,
    packages: [...packages].sort(),
    indexes,
    date,
  }
  return { source, facts: { date, indexes }, epoch: date, inputs }
}

/** Nothing else can be made than what the archive has now. @throws HostError LOCK_OUTDATED */
async function withMirror(source: AptBase, resolved: ResolvedRootfs, call: RootfsCall): Promise<ResolvedRootfs> {
  if (resolved.mirror !== undefined) return resolved
  const { mirror, facts } = await readArchive(source, call)
  if (isDeepStrictEqual(facts, resolved.facts)) return { ...resolved, mirror }
  const [locked, now] = [resolved.epoch, facts.date].map((date) => new Date(date * 1000).toISOString())
  throw new HostError(
    'LOCK_OUTDATED',
    `${mirror} has ${source.suite} of ${now}, and the lock wants that of ${locked}`,
    {
      hint: 'run `build.ts lock --update`, or name a mirror that keeps old states of the archive',
    },
  )
}

async function resolveArchive(source: RootfsBase): Promise<ResolvedRootfs> {
  return { source, epoch: 0, inputs: { sha256: source.sha256.toLowerCase() } }
}

async function make(cache: LayerCache, resolved: ResolvedRootfs, call: RootfsCall): Promise<RootfsLayer> {
  const { source, inputs } = resolved
  try {
    return await cache.add(inputs, async (store) =>
      source.kind === 'apt'
        ? runMmdebstrap(source, await withMirror(source, resolved, call), call, store)
        : store(await openArchive(source, call.signal)),
    )
  } catch (error) {
    if (call.signal?.aborted) throw new CancelledError(call.signal.reason)
    if (error instanceof PolyarchError) throw error
    throw new HostError('ROOTFS_FAILED', `the root file system could not be made: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
