import envPaths from 'env-paths'
import type { MadeBase } from '../definition/declare/base/base-source.js'
import { InFlight } from '../model/async/in-flight.js'
import { digestOf } from '../model/digest.js'
import { CancelledError, HostError, PolyarchError } from '../model/errors.js'
import { canonicalJson } from '../model/oci.js'
import { apt } from './apt/apt.js'
import { archive } from './archive.js'
import type { RootfsKind } from './kind.js'
import { LayerCache } from './layer-cache.js'
import type { ResolvedRootfs, RootfsCall, RootfsLayer, RootfsMaker } from './port.js'

/** How root file systems are made. */
export interface RootfsMakerOptions {
  /** Directory for layers; the user's cache directory by default. */
  readonly cacheDirectory?: string
}

const KINDS: { readonly [Kind in MadeBase['kind']]: RootfsKind<Extract<MadeBase, { readonly kind: Kind }>> } = {
  apt,
  rootfs: archive,
}

/** The table pairs each kind with its maker, which the compiler cannot follow through a lookup. */
function kindOf(source: MadeBase): RootfsKind<MadeBase> {
  return KINDS[source.kind] as RootfsKind<MadeBase>
}

/** Makes root file systems from packages and archives, each once: equal inputs are taken from the cache. */
export function createRootfsMaker({ cacheDirectory }: RootfsMakerOptions = {}): RootfsMaker {
  const inFlight = new InFlight<RootfsLayer>()
  const cache = new LayerCache(cacheDirectory ?? envPaths('polyarch', { suffix: '' }).cache)
  return {
    resolve: (source, call = {}, locked) => kindOf(source).resolve(source, call, locked),
    current: async (source, call = {}) => kindOf(source).current?.(source, call),
    make: (resolved, call = {}) =>
      inFlight.share(
        digestOf(canonicalJson(resolved.inputs)),
        call.signal,
        async () => (await cache.find(resolved.inputs)) ?? make(cache, resolved, call),
      ),
  }
}

async function make(cache: LayerCache, resolved: ResolvedRootfs, call: RootfsCall): Promise<RootfsLayer> {
  const { source, inputs } = resolved
  try {
    return await cache.add(inputs, (store) => kindOf(source).make(source, resolved, call, store), call.signal)
  } catch (error) {
    if (call.signal?.aborted) throw new CancelledError(call.signal.reason)
    if (error instanceof PolyarchError) throw error
    throw new HostError('ROOTFS_FAILED', `the root file system could not be made: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
