import { Readable } from 'node:stream'
import type { ContextListing } from '../context/context-file.js'
import type { GitOrigin } from '../context/git-origin.js'
import { type ContextRequest, type OpenContext, openContext } from '../context/open-context.js'
import type { PackedContext } from '../context/packing.js'
import type { ContextDefinition } from '../definition/build-context.js'
import { closeAll } from '../model/close-all.js'

/** The contexts of a run: each is listed once and packed once, however many platforms are built from it. */
export interface Contexts extends AsyncDisposable {
  /** Seconds since the epoch that files, and images where the engine can, are dated with. */
  readonly epoch: number | undefined
  list(request: ContextRequest, signal?: AbortSignal): Promise<ContextListing>
  /** Where a context is from, as far as git knows. */
  origin(context: ContextDefinition, signal?: AbortSignal): Promise<GitOrigin>
  /**
   * The tar of a context with this text as its Dockerfile, which comes first and at once: an engine that has got the first
   * bytes takes a while before it asks for more. A failure ends the stream.
   */
  open(listing: ContextListing, dockerfile: string, call?: OpenCall): Readable
}

/** What sending a context takes beside. */
export interface OpenCall {
  readonly signal?: AbortSignal | undefined
  /** Resolves when what comes after the Dockerfile may be sent. */
  readonly ready?: Promise<void> | undefined
}

/** Starts with none. @param epoch - seconds since the epoch that files are dated with, where given. */
export function createContexts(epoch?: number): Contexts {
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
    open(listing, dockerfile, { signal, ready } = {}) {
      // With what packs: only where something is built.
      const packing = import('../context/packing.js')
      const packed = once(packs, listing, async () => (await packing).packContext(listing, { epoch, signal }))
      // The stream tells, unless it ends before.
      packed.catch(() => {})
      return Readable.from(parts())

      async function* parts(): AsyncGenerator<Buffer> {
        yield (await packing).packDockerfile(listing.dockerfile, dockerfile, { epoch })
        await ready
        yield* (await packed).open() as AsyncIterable<Buffer>
      }
    },
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
