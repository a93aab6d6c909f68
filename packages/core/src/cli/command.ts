import type { Pipeline } from '../definition/declare/pipeline.js'
import type { OptionNames } from '../operations/option-names.js'
import {
  EMULATION_POLICIES,
  type EmulationPolicy,
  type ExecuteOptions,
  type VerifyMode,
} from '../operations/options.js'
import type { PolicyMode } from '../operations/trust/policy-options.js'

/** A standard stream: a terminal, a pipe or a file. */
export interface OutputStream {
  write(text: string): unknown
  on?(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
  readonly isTTY?: boolean
  hasColors?(): boolean
}

/** The part of `process` that the command line uses. */
export interface Host {
  readonly argv: readonly string[]
  /** Options of Node.js, which show how the script was started. */
  readonly execArgv?: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  exitCode?: number | string | null | undefined
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  off(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
}

/** Options of {@link run}, the defaults of all commands. A flag overrides its option. */
export interface RunOptions
  extends Pick<
    ExecuteOptions,
    | 'registryClient'
    | 'registry'
    | 'builders'
    | 'engines'
    | 'builderRegistry'
    | 'emulation'
    | 'buildConcurrency'
    | 'localCache'
    | 'cacheDirectory'
    | 'directory'
    | 'sign'
    | 'policy'
  > {}

export const COMMAND_LINE_OPTIONS: OptionNames<RunOptions> = {
  registryClient: 'object',
  registry: 'string',
  builders: 'array',
  engines: 'array',
  builderRegistry: 'string',
  emulation: EMULATION_POLICIES,
  buildConcurrency: 'count',
  localCache: 'boolean',
  cacheDirectory: 'string',
  directory: 'string',
  sign: 'object',
  policy: 'object',
}

/** Everything that commands need. */
export interface CommandContext {
  readonly pipelines: readonly Pipeline[]
  /** Whether there is no `build.ts`, and so no definition. */
  readonly isStandalone?: boolean
  readonly defaults: RunOptions
  readonly host: Host
  readonly signal: AbortSignal
  /** Called once when the user requests a stop; a command that draws on the terminal shows it in its own way. */
  onStopping: () => void
}

/** The values of `--progress`. */
export const PROGRESS_CHOICES = ['auto', 'tty', 'plain', 'json', 'quiet'] as const

/** One of {@link PROGRESS_CHOICES}. */
export type ProgressChoice = (typeof PROGRESS_CHOICES)[number]

/** Flags of all commands on pipelines. */
export interface PipelineFlags {
  /** Names of the selected pipelines. */
  readonly pipelines?: readonly string[]
  /** Names of pipelines in a record. */
  readonly pipeline?: readonly string[]
  readonly only?: readonly string[]
  readonly registry?: string
  readonly frozen?: boolean
  readonly reuse?: boolean
  readonly rebuild?: readonly string[]
  readonly allowRemoval?: boolean
  readonly referrers?: boolean
  readonly build?: boolean
  readonly keepGoing?: boolean
  readonly skipTests?: boolean
  readonly verify?: VerifyMode
  readonly publish?: boolean
  readonly localCache?: boolean
  readonly metadataFile?: string
  readonly load?: boolean
  readonly sign?: boolean
  readonly attestations?: boolean
  readonly all?: boolean
  readonly policy?: PolicyMode
  readonly output?: readonly string[]
  readonly builder?: readonly string[]
  /** The previous name of `builder`. */
  readonly engine?: readonly string[]
  readonly builderRegistry?: string
  readonly emulation?: EmulationPolicy
  readonly json?: boolean
  readonly verbose?: boolean
  readonly progress?: ProgressChoice
  /** Short for `--progress quiet`. */
  readonly quiet?: boolean
  readonly report?: string
  readonly junit?: string
}

/** A command that a package adds to the command line without a `build.ts`. */
export interface ToolCommand {
  readonly name: string
  /** A verb phrase for the help. */
  readonly summary: string
  readonly operands: readonly ToolWord[]
  readonly options: readonly ToolWord[]
  /** @param flags by their name in camel case: `outFile`. */
  run(operands: readonly string[], flags: Readonly<Record<string, unknown>>, host: Host): Promise<void>
}

/** An operand or an option of a {@link ToolCommand}. */
export interface ToolWord {
  /** `<file>`, `[names...]` or `--out <file>`. */
  readonly written: string
  readonly help: string
  readonly choices?: readonly string[]
  /** Whether an option may be repeated: its value is a list then. */
  readonly isRepeatable?: true
}
