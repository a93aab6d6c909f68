import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { type Digest, digestOf } from '../model/digest.js'
import { DefinitionError, throwIfCancelled } from '../model/errors.js'
import { isMissing } from '../model/is-missing.js'
import { canonicalJson } from '../model/oci.js'
import type { ContextDockerfile, ContextEntry, ContextListing } from './context-file.js'
import { readEntries } from './entries.js'
import { reading } from './file-fault.js'
import { type IgnoreRules, type IgnoreVerdict, NO_RULES, readIgnoreRules } from './ignore-rules.js'
import { readTextFile, TextFileError } from './text-file.js'

/** Where a Dockerfile is sent that is not one of the files sent. */
const RESERVED_PATH = '.polyarch.Dockerfile'
/** The option that holds a Dockerfile which is in no file. */
const INLINE = 'dockerfileInline'

/** Which directory, and which Dockerfile. */
export interface ContextSource {
  /** Absolute path. */
  readonly directory: string
  /** Relative to the directory, or absolute. */
  readonly dockerfile: string
  /** The text of a Dockerfile that is in no file. */
  readonly inline?: string
  /** Nothing is sent but the Dockerfile. */
  readonly empty?: boolean
  /** Everything is sent, whatever a .dockerignore says. */
  readonly whole?: boolean
}

/**
 * Lists what of a directory is sent to the engine, with the digest of every file.
 *
 * @throws DefinitionError where the directory or the Dockerfile is not there; EngineError CONTEXT_UNREADABLE
 */
export async function listContext(source: ContextSource, signal?: AbortSignal): Promise<ContextListing> {
  await requireDirectory(source.directory)
  const directory = await realpath(source.directory)
  const file = resolve(directory, source.dockerfile)
  const text = source.inline ?? (await readDockerfile(file, source))
  const paths = source.empty ? [] : await walk(directory, await rulesFor(source, directory, file), signal)
  const entries = await readEntries(directory, paths, { signal })
  const dockerfile =
    source.inline === undefined ? placeDockerfile(directory, file, text, entries) : inlineDockerfile(text)
  const sent = entries.filter(({ path }) => path !== dockerfile.path)
  const gitFolder = findGitFolder(sent)
  return { directory, entries: sent, digest: digestEntries(sent), dockerfile, ...(gitFolder && { gitFolder }) }
}

function findGitFolder(entries: readonly ContextEntry[]): string | undefined {
  const inside = entries.find(({ kind, path }) => kind === 'file' && /(?:^|\/)\.git\//.test(path))
  return inside && /^(?:.*?\/)?\.git(?=\/)/.exec(inside.path)?.[0]
}

function rulesFor(
  { whole, inline }: ContextSource,
  directory: string,
  file: string,
): Promise<IgnoreRules> | IgnoreRules {
  return whole ? NO_RULES : readIgnoreRules(directory, inline === undefined ? file : undefined)
}

async function requireDirectory(directory: string): Promise<void> {
  const stats = await stat(directory).catch(() => undefined)
  if (stats?.isDirectory()) return
  const message = `context '${directory}' ${stats === undefined ? 'does not exist' : 'is no directory'}`
  const hint = 'relative contexts start at the working directory'
  throw new DefinitionError([{ path: 'build.context', message, hint }])
}

async function readDockerfile(file: string, { directory, dockerfile }: ContextSource): Promise<string> {
  try {
    return (await readTextFile(file)).text
  } catch (error) {
    if (error instanceof TextFileError) {
      const message = `Dockerfile '${dockerfile}' ${error.message}`
      throw new DefinitionError([{ path: 'build.dockerfile', message, hint: error.hint }])
    }
    const why = isMissing(error) ? 'does not exist' : 'cannot be read'
    const hint = `relative Dockerfiles start at the context, ${directory}, and relative contexts at the working directory`
    throw new DefinitionError([{ path: 'build.dockerfile', message: `Dockerfile '${dockerfile}' ${why}`, hint }])
  }
}

/** All paths that are not left out, sorted by code unit, so that they come in one order under every locale. */
async function walk(
  directory: string,
  rules: IgnoreRules,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const found: string[] = []
  const open: { readonly path: string; readonly verdict?: IgnoreVerdict }[] = [{ path: '' }]
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    throwIfCancelled(signal)
    const folder = join(directory, parent.path)
    for (const entry of await reading(parent.path || '.', () => readdir(folder, { withFileTypes: true }))) {
      const path = parent.path === '' ? entry.name : `${parent.path}/${entry.name}`
      const verdict = rules.judge(path, parent.verdict)
      if (!verdict.isIgnored) found.push(path)
      if (entry.isDirectory() && !verdict.isClosed) open.push({ path, verdict })
    }
  }
  return found.sort()
}

function inlineDockerfile(text: string): ContextDockerfile {
  return { text, file: INLINE, name: INLINE, path: RESERVED_PATH, mode: 0o644, modified: 0 }
}

/** In its own place where it is one of the files sent, else under a name of our own. */
function placeDockerfile(
  directory: string,
  file: string,
  text: string,
  entries: readonly ContextEntry[],
): ContextDockerfile {
  const path = relative(directory, file).split(sep).join('/')
  const sent = entries.find((entry) => entry.path === path)
  if (sent?.kind !== 'file') return { ...inlineDockerfile(text), file, name: file }
  return { text, file, name: path, path, mode: sent.mode, modified: sent.modified }
}

function digestEntries(entries: readonly ContextEntry[]): Digest {
  return digestOf(canonicalJson(entries.map(decisiveOf)))
}

function decisiveOf(entry: ContextEntry): readonly unknown[] {
  if (entry.kind === 'file') return [entry.path, entry.kind, entry.digest, (entry.mode & 0o111) !== 0]
  return entry.kind === 'symlink' ? [entry.path, entry.kind, entry.target] : [entry.path, entry.kind]
}
