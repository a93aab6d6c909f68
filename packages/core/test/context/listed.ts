import type { ContextListing, OpenContext } from '../../src/context/context-file.js'
import { openContext } from '../../src/context/open-context.js'
import type { FileModes } from '../../src/definition/build-settings.js'

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
