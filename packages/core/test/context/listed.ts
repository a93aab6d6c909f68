import type { ContextListing, OpenContext } from '../../src/context/context-file.js'
import { openContext } from '../../src/context/open-context.js'
import type { FileModes } from '../../src/definition/declare/build-settings.js'
import { syncedContext } from '../../src/steps/image/context/synced-context.js'

/** A directory to list, with options of the request. */
export interface ListedSource {
  readonly directory: string
  readonly dockerfile?: string
  readonly inline?: string
  readonly fileModes?: FileModes
  readonly paths?: readonly string[] | 'all'
}

/** A context of a directory and a listing of it; there is nothing to dispose. */
export interface Listed {
  readonly context: OpenContext
  readonly listing: ContextListing
}

/** Opens a directory and lists it. */
export async function listDirectory({ directory, paths = 'all', ...source }: ListedSource): Promise<Listed> {
  const request = { dockerfile: 'Dockerfile', ...source, context: { kind: 'directory', path: directory } as const }
  const context = await openContext(request)
  return { context, listing: await context.select(paths) }
}

/** An entry as a builder gets it. */
export interface SentEntry {
  readonly type: 'file' | 'directory' | 'symlink'
  /** Of a symbolic link, its target after an arrow. */
  readonly content: string
  /** Permission bits; of a symbolic link undefined. */
  readonly mode: number | undefined
  /** Milliseconds since the epoch, in whole seconds. */
  readonly mtime: number
}

/** Reads all that file sync sends of a context, by path. @param epoch - seconds that files are dated with */
export async function readSent(context: OpenContext, epoch?: number): Promise<ReadonlyMap<string, SentEntry>> {
  const entries = await syncedContext(context, epoch).list([], new AbortController().signal)
  const sent = entries.map(async ({ kind, path, mode, modified, link, open }): Promise<[string, SentEntry]> => {
    const content = Buffer.concat(open === undefined ? [] : await copies(open()))
    const mtime = Math.floor(Number(modified / 1_000_000n) / 1000) * 1000
    const isLink = kind === 'symlink'
    const text = isLink ? `-> ${Buffer.from(link ?? []).toString()}` : new TextDecoder().decode(content)
    return [Buffer.from(path).toString(), { type: kind, content: text, mode: isLink ? undefined : mode, mtime }]
  })
  return new Map(await Promise.all(sent))
}

/** Chunks are overwritten by later ones, so each is copied. */
async function copies(chunks: AsyncIterable<Uint8Array>): Promise<readonly Buffer[]> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(Buffer.from(chunk))
  return all
}
