import type { ContextListing } from '../context/context-file.js'
import { type ContextSource, listContext } from '../context/listing.js'
import type { PackedContext } from '../context/packing.js'

/** The contexts of a run: each is listed once and packed once, however many platforms are built from it. */
export interface Contexts extends AsyncDisposable {
  list(source: ContextSource, signal?: AbortSignal): Promise<ContextListing>
  pack(listing: ContextListing, signal?: AbortSignal): Promise<PackedContext>
}

/** Starts with none. @param epoch - seconds since the epoch that files are dated with, where given. */
export function createContexts(epoch?: number): Contexts {
  const listings = new Map<string, Promise<ContextListing>>()
  const packs = new Map<ContextListing, Promise<PackedContext>>()
  return {
    list: (source, signal) => once(listings, JSON.stringify(source), () => listContext(source, signal)),
    pack: (listing, signal) =>
      once(packs, listing, async () => {
        // With what packs: only where something is built.
        const { packContext } = await import('../context/packing.js')
        return packContext(listing, { epoch, signal })
      }),
    async [Symbol.asyncDispose]() {
      const settled = await Promise.allSettled(packs.values())
      for (const one of settled) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]()
    },
  }
}

function once<Key, Value>(values: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const value = values.get(key) ?? make()
  values.set(key, value)
  return value
}
