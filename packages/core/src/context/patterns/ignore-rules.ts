import { join, relative } from 'node:path'
import { DefinitionError, type Issue } from '../../model/errors.js'
import { isMissing } from '../../model/is-missing.js'
import { reading } from '../files/file-error.js'
import { LINK_OUTSIDE, resolveLink } from '../files/linked-path.js'
import { readTextFile, TextFileError } from '../files/text-file.js'
import { type IgnorePattern, PatternError, readPattern } from './ignore-pattern.js'

/** Result of the rules for a path, and for everything below it. */
export interface IgnoreVerdict {
  readonly isIgnored: boolean
  /** Indexes of the rules that matched it or a parent directory. */
  readonly matched: ReadonlySet<number>
  /** Whether everything below it is excluded, so that it need not be read. */
  readonly isClosed: boolean
}

/** The paths that a context excludes. */
export interface IgnoreRules {
  /** @param parent - the verdict on its directory; undefined at the top */
  evaluate(path: string, parent: IgnoreVerdict | undefined): IgnoreVerdict
}

/** Excludes nothing. */
export const NO_RULES: IgnoreRules = createIgnoreRules([])

/**
 * Reads `<Dockerfile>.dockerignore` or, if there is none, the context's `.dockerignore`.
 *
 * @throws DefinitionError DEFINITION_INVALID if a line is not valid; EngineError CONTEXT_UNREADABLE
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export async function readIgnoreRules(directory: string, dockerfile: string | undefined): Promise<IgnoreRules> {
  const files = [...(dockerfile ? [`${dockerfile}.dockerignore`] : []), join(directory, '.dockerignore')]
  for (const file of files) {
    const name = relative(directory, file)
    const text = await reading(name, () => readIfThere(file, directory))
    if (text !== undefined) return createIgnoreRules(parse(text, name))
  }
  return NO_RULES
}

/**
 * Applies the rules as docker does: in order, the last match decides, and a rule that matched a directory matches
 * everything in it. A rule that would not change the verdict on a directory is not tested there, so it does not match
 * the content of that directory: after `x` and `!x/y/z`, the rule `x/y` does not exclude `x/y/z`.
 */
export function createIgnoreRules(patterns: readonly IgnorePattern[]): IgnoreRules {
  const exceptions = patterns.filter(({ isException }) => isException)
  // An exception with a wildcard may match anywhere.
  const anywhere = exceptions.some(({ text }) => /[*?[\\]/.test(text.replace(/\/\*\*$/, '')))
  const mayKeepBelow = (path: string) => anywhere || exceptions.some(({ text }) => text.startsWith(`${path}/`))
  return {
    evaluate(path, parent) {
      let isIgnored = false
      const matched = new Set<number>()
      for (const [index, { isException, matches }] of patterns.entries()) {
        const isInherited = parent?.matched.has(index) === true
        if (!isInherited && (isException !== isIgnored || !matches(path))) continue
        matched.add(index)
        isIgnored = !isException
      }
      return { isIgnored, matched, isClosed: isIgnored && !mayKeepBelow(path) }
    },
  }
}

function parse(text: string, file: string): readonly IgnorePattern[] {
  const issues: Issue[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const patterns = lines.flatMap((line, index) => {
    try {
      return readPattern(line) ?? []
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      const hint = 'see https://docs.docker.com/build/concepts/context/#syntax'
      issues.push({ path: `${file}:${index + 1}`, message: error.message, hint })
      return []
    }
  })
  if (issues.length > 0) throw new DefinitionError(issues)
  return patterns
}

async function readIfThere(file: string, directory: string): Promise<string | undefined> {
  const name = relative(directory, file)
  try {
    const path = await resolveLink(file, directory)
    if (path === undefined) {
      throw new DefinitionError([
        { path: name, message: LINK_OUTSIDE, hint: 'replace the link with a copy of its target' },
      ])
    }
    return (await readTextFile(path)).text
  } catch (error) {
    if (isMissing(error)) return undefined
    if (error instanceof TextFileError && !error.isNoFile) {
      throw new DefinitionError([{ path: name, message: error.message, hint: error.hint }])
    }
    throw error
  }
}
