import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing } from './file-fault.js'

/** Which paths a context leaves out. */
export interface IgnoreRules {
  ignores(path: string): boolean
  /** Whether nothing under an ignored directory can be kept, so that it need not be walked. */
  readonly prunes: boolean
}

/** Leaves nothing out. */
export const NO_RULES: IgnoreRules = { ignores: () => false, prunes: false }

/**
 * Reads `<Dockerfile>.dockerignore` or, where there is none, the context's `.dockerignore`.
 *
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export async function readIgnoreRules(directory: string, dockerfile: string | undefined): Promise<IgnoreRules> {
  const text =
    (dockerfile && (await readIfThere(`${dockerfile}.dockerignore`))) ??
    (await readIfThere(join(directory, '.dockerignore')))
  if (text === undefined) return NO_RULES
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const { default: dockerignore } = await import('@balena/dockerignore')
  // Applied file by file: a rule `!d/keep` brings back a file of a directory that another rule leaves out.
  const rules = dockerignore.default({ ignorecase: false }).add(lines)
  return { ignores: (path) => rules.ignores(path), prunes: !lines.some((line) => line.trimStart().startsWith('!')) }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
