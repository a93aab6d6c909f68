import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import envPaths from 'env-paths'
import type { MadeBase } from '../definition/plugin/base-source.js'
import type { ArchiveState, FoundArchive, RootfsCall } from '../definition/plugin/rootfs-kind.js'
import type { Environment } from '../host/environment.js'
import { InFlight } from '../model/async/in-flight.js'
import { digestOf } from '../model/digest.js'
import { CancelledError, HostError, PolyarchError } from '../model/errors.js'
import { canonicalJson } from '../model/oci.js'
import { LayerCache } from './layer-cache.js'
import type { ResolvedRootfs, RootfsLayer, RootfsMaker } from './port.js'
import { requireEmulator } from './program/emulator.js'

/** Options of making root file systems. */
export interface RootfsMakerOptions {
  /** Directory for layers and packages; the user's cache directory by default. */
  readonly cacheDirectory?: string
  /** Environment variables for programs; those of this process by default. */
  readonly env?: Environment
}

/** Makes root file systems from packages and archives, with a cache by inputs. */
export function createRootfsMaker(options: RootfsMakerOptions = {}): RootfsMaker {
  const inFlight = new InFlight<RootfsLayer>()
  const directory = options.cacheDirectory ?? envPaths('polyarch', { suffix: '' }).cache
  const cache = new LayerCache(directory)
  const env = options.env ?? process.env
  const packageCache = join(directory, 'packages')
  return {
    async resolve(base, call = {}, locked) {
      const known = base.by.pinnedState?.(base.source) ?? locked
      if (known !== undefined) return resolvedAs(base, known)
      const { state, mirror } = await readForMaking(base, { ...call, env })
      return { ...resolvedAs(base, state), mirror }
    },
    async current({ by, source }, call = {}) {
      const implementation = await by.load()
      return (await implementation.read?.(source, { ...call, env }))?.state
    },
    make: (resolved, call = {}) =>
      inFlight.share(
        digestOf(canonicalJson(resolved.inputs)),
        call.signal,
        async () => (await cache.find(resolved.inputs)) ?? make(cache, resolved, { ...call, env, packageCache }),
      ),
  }
}

function resolvedAs(base: MadeBase, state: ArchiveState): ResolvedRootfs {
  const inputs = { kind: base.by.name, ...base.by.inputs(base.source, state) }
  return { base, state, epoch: Number(state['date'] ?? 0), inputs }
}

/** Checks whether this machine can make the base, and reads the state of its archive. */
async function readForMaking({ by, source }: MadeBase, call: RootfsCall): Promise<FoundArchive> {
  const implementation = await by.load()
  if (implementation.read === undefined) throw new TypeError(`the kind '${by.name}' has neither pinnedState nor read`)
  await implementation.prepare?.(source, call)
  const architecture = by.architecture(source)
  if (architecture !== undefined) await requireEmulator(architecture)
  return implementation.read(source, call)
}

async function make(cache: LayerCache, resolved: ResolvedRootfs, call: RootfsCall): Promise<RootfsLayer> {
  const { base, inputs } = resolved
  try {
    const implementation = await base.by.load()
    const archive = await usedArchive(resolved, call)
    return await cache.add(inputs, (store) => implementation.make(base.source, archive, call, store), call.signal)
  } catch (error) {
    if (call.signal?.aborted) throw new CancelledError(call.signal.reason)
    if (error instanceof PolyarchError) throw error
    throw new HostError('ROOTFS_FAILED', `the root file system could not be made: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** An archive without previous states can only be used in its current state. @throws HostError LOCK_OUTDATED */
async function usedArchive({ base, state, epoch, mirror = '' }: ResolvedRootfs, call: RootfsCall) {
  const { by, source } = base
  if (mirror !== '' || by.pinnedState !== undefined || by.keepsStates) return { state, epoch, mirror }
  const now = await readForMaking(base, call)
  if (isDeepStrictEqual(now.state, state)) return { ...now, epoch }
  const [locked, current] = [state, now.state].map(({ date }) => new Date(Number(date) * 1000).toISOString())
  throw new HostError(
    'LOCK_OUTDATED',
    `${now.mirror} has ${by.describe(source)} of ${current}, but the lock requires ${locked}`,
    { hint: 'run `npx tsx build.ts lock --update`, or use a mirror that keeps old states of the archive' },
  )
}
