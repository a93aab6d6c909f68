import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { makeTempFolder, type TempFolder } from '../../host/temp-folder.js'
import { runGit } from './git-process.js'

/** Paths of the repository that contains a directory. */
export interface GitRepository {
  /** The root of the files. */
  readonly root: string
  /** The `.git` directory of this worktree. */
  readonly gitFolder: string
  /** The `.git` directory that all worktrees share. */
  readonly commonFolder: string
}

/** Settings that determine how files and objects are read. None of them starts a program. */
const HARMLESS =
  '^(core\\.(filemode|ignorecase|precomposeunicode|symlinks|autocrlf|eol|safecrlf|sparsecheckout|sparsecheckoutcone)|extensions\\.(objectformat|compatobjectformat))$'

const READ_ONLY = { GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' }

/**
 * Runs git in a directory to read names and settings only. Content could pass through a program that a setting names.
 */
export function readGit(directory: string, args: readonly string[], signal: AbortSignal | undefined): Promise<string> {
  return runGit(directory, args, { env: READ_ONLY, signal })
}

/** Finds the repository of a directory. git checks that it belongs to this user. */
export async function findRepository(directory: string, signal?: AbortSignal): Promise<GitRepository> {
  const args = ['rev-parse', '--show-toplevel', '--absolute-git-dir', '--git-common-dir']
  const [root = '', gitFolder = '', common = ''] = (await readGit(directory, args, signal)).split('\n')
  return { root, gitFolder, commonFolder: resolve(directory, common) }
}

/** The settings with names that match, from the repository's own file; files that it includes are not read. */
export async function readSettings(
  { commonFolder }: GitRepository,
  pattern: string,
  signal?: AbortSignal,
): Promise<readonly (readonly [key: string, value: string])[]> {
  const file = ['--file', join(commonFolder, 'config'), '--no-includes']
  const text = await readGit(commonFolder, ['config', ...file, '--null', '--get-regexp', pattern], signal).catch(
    () => '',
  )
  return text
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [key = '', ...value] = line.split('\n')
      return [key, value.join('\n')]
    })
}

/** A repository's objects and index without its configuration, hooks and filters. */
export interface IsolatedRepository extends TempFolder {
  /** Variables that make git use this folder for the repository. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Makes a separate git folder over a repository's objects and index. It has the harmless settings of the repository;
 * the user's own configuration applies.
 *
 * @param commit - the commit of HEAD
 */
export async function isolateRepository(
  repository: GitRepository,
  commit: string,
  signal?: AbortSignal,
): Promise<IsolatedRepository> {
  const settings = await readSettings(repository, HARMLESS, signal)
  const folder = await makeTempFolder('context')
  const { root, gitFolder, commonFolder } = repository
  await mkdir(join(folder.path, 'refs'))
  await writeFile(join(folder.path, 'HEAD'), `${commit}\n`)
  await writeFile(join(folder.path, 'config'), configText(settings))
  const env = {
    ...READ_ONLY,
    GIT_DIR: folder.path,
    GIT_WORK_TREE: root,
    GIT_INDEX_FILE: join(gitFolder, 'index'),
    GIT_OBJECT_DIRECTORY: join(commonFolder, 'objects'),
  }
  return { path: folder.path, env, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

function configText(settings: readonly (readonly [key: string, value: string])[]): string {
  const isExtended = settings.some(([key]) => key.startsWith('extensions.'))
  const lines = settings.map(([key, value]) => {
    const [section, name] = key.split('.')
    return `[${section}]\n${name} = "${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"\n`
  })
  return `[core]\nrepositoryformatversion = ${isExtended ? 1 : 0}\n${lines.join('')}`
}
