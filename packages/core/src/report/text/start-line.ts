import { basename, isAbsolute, relative } from 'node:path'

/** The start of a command in messages and in the documentation. */
const DOCUMENTED_START = 'npx tsx build.ts'
const STANDALONE_START = 'npx @polyarch/cli'

/** What `polyarch FILE` puts into `process.argv`, as the name of the program. */
const POLYARCH = 'polyarch'

/** How the command was started. */
export interface CommandStart {
  /** The part of `process` that shows it. */
  readonly host: StartedHost
  /** Whether it runs without a `build.ts`. */
  readonly isStandalone?: boolean
}

interface StartedHost {
  readonly argv: readonly string[]
  readonly execArgv?: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Commands that work without a `build.ts`. */
export const STANDALONE_COMMANDS: readonly string[] = [
  ...['inspect', 'copy', 'tags', 'remove', 'promote', 'assemble', 'doctor', 'builder', 'report', 'serve', 'explain'],
  ...['import', 'completion', 'help'],
]

/**
 * Writes commands in a message as the user started this one: `npx tsx build.ts lock` becomes `node build.ts lock`, or
 * `npx @polyarch/cli build.ts lock`. Without a `build.ts`, commands that need one stay.
 */
export function withStart(text: string, { host, isStandalone }: CommandStart): string {
  if (!text.includes(DOCUMENTED_START)) return text
  if (!isStandalone) return text.replaceAll(DOCUMENTED_START, startLine(host))
  return text.replace(/npx tsx build\.ts (-?[\w-]+)/g, (line, word: string) =>
    word.startsWith('-') || STANDALONE_COMMANDS.includes(word) ? `${STANDALONE_START} ${word}` : line,
  )
}

/** The words that started a `build.ts`. A program that gives no options of Node.js is a test or an embedder. */
function startLine({ argv: [program, script], execArgv, env }: StartedHost): string {
  if (script === undefined || execArgv === undefined) return DOCUMENTED_START
  const path = shortPath(script)
  if (program === POLYARCH) return `${STANDALONE_START} ${path}`
  const options = [...execArgv, env['NODE_OPTIONS'] ?? ''].join(' ')
  return /\btsx\b/.test(options) ? `npx tsx ${path}` : `node ${path}`
}

/** The path as it is typed in the working directory, in quotes if a shell would split it. */
function shortPath(script: string): string {
  const below = relative(process.cwd(), script)
  const path = below === '' || below.startsWith('..') || isAbsolute(below) ? script : below
  const written = basename(script) === path || !/^-/.test(path) ? path : `./${path}`
  return /^[\w./@:+-]+$/.test(written) ? written : `'${written}'`
}
