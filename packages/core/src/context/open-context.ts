import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { ContextDefinition } from '../definition/declare/build-context.js'
import type { FileModes } from '../definition/declare/build-settings.js'
import { makeTempFolder } from '../host/temp-folder.js'
import { DefinitionError } from '../model/errors.js'
import type { OpenContext } from './context-file.js'
import { ContextTree } from './context-tree.js'
import { inlineDockerfile, readDockerfile } from './dockerfile-source.js'
import { LINK_OUTSIDE } from './files/linked-path.js'
import { cloneContext } from './git/git-clone.js'
import { NO_RULES, readIgnoreRules } from './patterns/ignore-rules.js'
import { createContext } from './tree-context.js'

/** A context and its Dockerfile: a path, absolute or relative to the context, or the text. */
export interface ContextRequest {
  readonly context: ContextDefinition
  readonly dockerfile: string
  readonly inline?: string
  /** Default `exact`; files from git always have git's modes. */
  readonly fileModes?: FileModes
  /** Whether .dockerignore does not apply, as in an archive. */
  readonly isWhole?: boolean
}

/** Options of a run for opening a context. */
export interface OpenOptions {
  readonly signal?: AbortSignal | undefined
  /** The folder with digests of earlier runs; without it, every file is read. */
  readonly cacheFolder?: (() => Promise<string>) | undefined
  /** Real paths of the directories that the run has opened, by their written paths. */
  readonly directories?: Map<string, Promise<string>> | undefined
}

interface DirectorySource extends Omit<ContextRequest, 'context'> {
  readonly directory: string
  readonly empty?: boolean
}

/**
 * Fetches a context if it is not a directory, and reads its Dockerfile and .dockerignore. Its files are read when they
 * are selected.
 *
 * @throws DefinitionError if the directory or the Dockerfile does not exist; EngineError CONTEXT_UNREADABLE; HostError
 */
export async function openContext(request: ContextRequest, options: OpenOptions = {}): Promise<OpenContext> {
  const { context, ...source } = request
  if (context.kind === 'directory') return openDirectory({ ...source, directory: context.path }, options)
  if (context.kind === 'none') return openDirectory({ ...source, directory: context.directory, empty: true }, options)
  const temporary = await makeTempFolder('context')
  const folder = temporary.path
  const remove = () => temporary[Symbol.asyncDispose]()
  try {
    const opened = await openFetched(context, source, folder, options.signal)
    return { ...opened, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function openFetched(
  context: Exclude<ContextDefinition, { kind: 'directory' | 'none' }>,
  source: Omit<ContextRequest, 'context'>,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<OpenContext> {
  if (context.kind !== 'git') {
    // Loads the code that unpacks only if there is an archive.
    const { unpackContext } = await import('./tar/tar-unpack.js')
    await unpackContext(context, folder, signal)
    await requireInside(folder, folder, source)
    // Like docker, use everything in an archive.
    return openDirectory({ ...source, directory: folder, isWhole: true })
  }
  const directory = await cloneContext(context, folder, signal)
  await requireInside(folder, directory, source)
  // Other mode bits depend on this process's umask.
  return openDirectory({ ...source, directory, fileModes: 'git' })
}

async function openDirectory(
  source: DirectorySource,
  { cacheFolder, directories = new Map() }: OpenOptions = {},
): Promise<OpenContext> {
  const real = directories.get(source.directory) ?? realDirectory(source.directory)
  directories.set(source.directory, real)
  const directory = await real
  const { dockerfile, inline, empty = false, isWhole = false, fileModes = 'exact' } = source
  const file = resolve(directory, dockerfile)
  const rules = isWhole || empty ? NO_RULES : await readIgnoreRules(directory, inline === undefined ? file : undefined)
  const tree = new ContextTree(directory, rules)
  const read = inline === undefined ? await readDockerfile(tree, file, dockerfile) : inlineDockerfile(inline)
  const isSent = read.name !== read.file && !empty
  return createContext(tree, {
    dockerfile: isSent ? read : { ...read, name: read.file },
    isEmpty: empty,
    fileModes,
    cacheFolder,
  })
}

async function realDirectory(directory: string): Promise<string> {
  const stats = await stat(directory).catch(() => undefined)
  if (stats?.isDirectory()) return realpath(directory)
  const message = `context '${directory}' ${stats === undefined ? 'does not exist' : 'is not a directory'}`
  const hint = 'relative contexts start at the working directory'
  throw new DefinitionError([{ path: 'build.context', message, hint }])
}

/** Links in fetched content must not lead to files of this machine. @throws DefinitionError */
async function requireInside(
  folder: string,
  directory: string,
  { dockerfile, inline }: Omit<ContextRequest, 'context'>,
): Promise<void> {
  const root = await realpath(folder)
  // An absolute path is the user's choice.
  const file = inline === undefined && !isAbsolute(dockerfile) ? [join(directory, dockerfile)] : []
  for (const path of [directory, ...file]) {
    // Listing reports a path that does not exist.
    const real = await realpath(path).catch(() => root)
    if (real === root || real.startsWith(root + sep)) continue
    const message = `'${relative(folder, path)}' ${LINK_OUTSIDE}`
    throw new DefinitionError([{ path: 'build.context', message, hint: 'use a file in the context' }])
  }
}
