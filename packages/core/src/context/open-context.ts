import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import type { ContextDefinition } from '../definition/build-context.js'
import { makeTempFolder } from '../host/temp-folder.js'
import { DefinitionError } from '../model/errors.js'
import type { ContextListing } from './context-file.js'
import { cloneContext } from './git-clone.js'
import { listContext } from './listing.js'

/** A context, and its Dockerfile: the path of one, relative to the context or absolute, or the text itself. */
export interface ContextRequest {
  readonly context: ContextDefinition
  readonly dockerfile: string
  readonly inline?: string
}

/** A listed context; disposal removes what was fetched for it. */
export interface OpenContext extends AsyncDisposable {
  readonly listing: ContextListing
}

/**
 * Fetches a context where it is not a directory, and lists it.
 *
 * @throws DefinitionError where the directory or the Dockerfile is not there; EngineError CONTEXT_UNREADABLE; HostError
 */
export async function openContext(request: ContextRequest, signal?: AbortSignal): Promise<OpenContext> {
  const { context, ...dockerfile } = request
  if (context.kind === 'directory') return keep(await listContext({ ...dockerfile, directory: context.path }, signal))
  if (context.kind === 'none') {
    return keep(await listContext({ ...dockerfile, directory: context.directory, empty: true }, signal))
  }
  const temporary = await makeTempFolder('context')
  const folder = temporary.path
  const remove = () => temporary[Symbol.asyncDispose]()
  try {
    if (context.kind !== 'git') {
      // With what unpacks: only where there is an archive.
      const { unpackContext } = await import('./tar-unpack.js')
      await unpackContext(context, folder, signal)
      await requireInside(folder, folder, dockerfile)
      // Whoever made an archive chose what is in it, and docker takes it whole.
      return keep(await listContext({ ...dockerfile, directory: folder, whole: true }, signal), remove)
    }
    const directory = await cloneContext(context, folder, signal)
    await requireInside(folder, directory, dockerfile)
    return keep(await listContext({ ...dockerfile, directory }, signal), remove)
  } catch (error) {
    await remove()
    throw error
  }
}

/** Links in what others have made must not lead to the files of this machine. @throws DefinitionError */
async function requireInside(
  folder: string,
  directory: string,
  { dockerfile, inline }: Omit<ContextRequest, 'context'>,
): Promise<void> {
  const root = await realpath(folder)
  // An absolute one is the user's own choice.
  const file = inline === undefined && !isAbsolute(dockerfile) ? [join(directory, dockerfile)] : []
  for (const path of [directory, ...file]) {
    // What is not there is told by the listing.
    const real = await realpath(path).catch(() => root)
    if (real === root || real.startsWith(root + sep)) continue
    const message = `'${relative(folder, path)}' is a link that leads out of the context`
    throw new DefinitionError([{ path: 'build.context', message, hint: 'name a file that is in it' }])
  }
}

function keep(listing: ContextListing, dispose: () => Promise<void> = async () => {}): OpenContext {
  return { listing, [Symbol.asyncDispose]: dispose }
}
