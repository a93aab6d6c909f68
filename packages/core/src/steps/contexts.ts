import type { ContextListing, OpenContext } from '../context/context-file.js'
import type { GitOrigin } from '../context/git-origin.js'
import { type ContextRequest, openContext } from '../context/open-context.js'
import type { PackedContext } from '../context/packing.js'
import type { ContextDefinition } from '../definition/build-context.js'
import { closeAll } from '../model/close-all.js'

/** The contexts of a run: each is opened once, however many platforms are built from it. */
export interface Contexts extends AsyncDisposable {
  /** Seconds since the epoch that files, and images where the engine can, are dated with. */
  readonly epoch: number | undefined
  open(request: ContextRequest, signal?: AbortSignal): Promise<OpenContext>
  /** Where a context is from, as far as git knows. */
  origin(context: ContextDefinition, signal?: AbortSignal): Promise<GitOrigin>
  pack(context: OpenContext, listing: ContextListing, signal?: AbortSignal): Promise<PackedContext>
}

/** What a run decides about its contexts. */
export interface ContextsOptions {
  /** Seconds since the epoch that files are dated with. */
  readonly epoch?: number | undefined
  /** The folder of the digests of files that earlier runs read; without it every file is read. */
  readonly cacheFolder?: (() => Promise<string>) | undefined
}

/** Starts with none. */
export function createContexts({ epoch, cacheFolder }: ContextsOptions = {}): Contexts {
  const opened = new Map<string, Promise<OpenContext>>()
  const origins = new Map<string, Promise<GitOrigin>>()
  const streams = new Map<unknown, number>()
  const numberOf = (open: unknown) => {
    streams.set(open, streams.get(open) ?? streams.size)
    return streams.get(open)
  }
  const packs = new Map<ContextListing, Promise<PackedContext>>()
  return {
    epoch,
    open(request, signal) {
      // A function has no text, and the same one opens the same stream.
      const key = JSON.stringify(request, (_name, value: unknown) =>
        typeof value === 'function' ? numberOf(value) : value,
      )
      return once(opened, key, () => openContext(request, { signal, cacheFolder }))
    },
    origin: (context, signal) =>
      once(origins, JSON.stringify(context), async () => {
        const { readGitOrigin } = await import('../context/git-origin.js')
        return readGitOrigin(context, signal)
      }),
    pack: (context, listing, signal) =>
      once(packs, listing, async () => {
        // With what packs: only where something is built.
        const { packContext } = await import('../context/packing.js')
        return packContext(context, listing, { epoch, signal })
      }),
    async [Symbol.asyncDispose]() {
      const settled = await Promise.allSettled([...packs.values(), ...opened.values()])
      await closeAll(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])))
    },
  }
}

function once<Key, Value>(values: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const value = values.get(key) ?? make()
  values.set(key, value)
  return value
}
