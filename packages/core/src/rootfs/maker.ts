import envPaths from 'env-paths'
import type { AptBase, RootfsBase } from '../definition/base-source.js'
import { CancelledError, HostError, PolyarchError } from '../model/errors.js'
import { openArchive } from './archive.js'
import { requireEmulator } from './emulator.js'
import { findMirror } from './host-mirror.js'
import { LayerCache } from './layer-cache.js'
import { requireMmdebstrap, runMmdebstrap } from './mmdebstrap.js'
import type { ResolvedRootfs, RootfsCall, RootfsLayer, RootfsMaker } from './port.js'
import { readRelease } from './release-file.js'

/** How root file systems are made. */
export interface RootfsMakerOptions {
  /** Where layers are kept; the user's cache directory unless told otherwise. */
  readonly cacheDirectory?: string
}

/** Makes root file systems from packages and archives, each once: equal inputs are taken from the cache. */
export function createRootfsMaker({ cacheDirectory }: RootfsMakerOptions = {}): RootfsMaker {
  const cache = new LayerCache(cacheDirectory ?? envPaths('polyarch', { suffix: '' }).cache)
  return {
    resolve: (source, call = {}) => (source.kind === 'apt' ? resolveApt(source, call) : resolveArchive(source)),
    make: async (resolved, call = {}) => (await cache.find(resolved.inputs)) ?? make(cache, resolved, call),
  }
}

async function resolveApt(source: AptBase, { signal }: RootfsCall): Promise<ResolvedRootfs> {
  const mirror = await findMirror(source)
  await requireMmdebstrap()
  await requireEmulator(source.architecture)
  const { date, indexes } = await readRelease(mirror, source, signal)
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
  return { source, mirror, epoch: date, inputs }
}

async function resolveArchive(source: RootfsBase): Promise<ResolvedRootfs> {
  return { source, epoch: 0, inputs: { sha256: source.sha256.toLowerCase() } }
}

async function make(cache: LayerCache, resolved: ResolvedRootfs, call: RootfsCall): Promise<RootfsLayer> {
  const { source, inputs } = resolved
  try {
    return await cache.add(inputs, async (store) =>
      source.kind === 'apt'
        ? runMmdebstrap(source, resolved, call, store)
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
