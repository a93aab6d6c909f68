import type { ContextListing } from '../context/context-file.js'
import type { GitOrigin } from '../context/git-origin.js'
import { type ContextRequest, type OpenContext, openContext } from '../context/open-context.js'
import type { PackedContext } from '../context/packing.js'
import type { ContextDefinition } from '../definition/build-context.js'
import { sweepTempFolders } from '../host/temp-folder.js'
import { closeAll } from '../model/close-all.js'

/** The contexts of a run: each is listed once and packed once, however many platforms are built from it. */
export interface Contexts extends AsyncDisposable {
  /** Seconds since the epoch that files, and images where the engine can, are dated with. */
  readonly epoch: number | undefined
  list(request: ContextRequest, signal?: AbortSignal): Promise<ContextListing>
  /** Where a context is from, as far as git knows. */
  origin(context: ContextDefinition, signal?: AbortSignal): Promise<GitOrigin>
  pack(listing: ContextListing, signal?: AbortSignal): Promise<PackedContext>
}

/** Starts with none, and removes what killed runs left. @param epoch - seconds since the epoch that files are dated with, where given. */
export function createContexts(epoch?: number): Contexts {
  const swept = sweepTempFolders()
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
    async list(request, signal) {
      // A function has no text, and the same one opens the same stream.
      const key = JSON.stringify(request, (_name, value: unknown) =>
        typeof value === 'function' ? numberOf(value) : value,
      )
      return (await once(opened, key, () => openContext(request, signal))).listing
    },
    origin: (context, signal) =>
      once(origins, JSON.stringify(context), async () => {
        const { readGitOrigin } = await import('../context/git-origin.js')
        return readGitOrigin(context, signal)
      }),
    pack: (listing, signal) =>
      once(packs, listing, async () => {
        // With what packs: only where something is built.
        const { packContext } = await import('../context/packing.js')
        return packContext(listing, { epoch, signal })
      }),
    async [Symbol.asyncDispose]() {
      await swept
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
