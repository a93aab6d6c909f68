import type { Pipeline } from '../definition/pipeline.js'

/** The part of `process` that the command line uses. */
export interface Host {
  readonly argv: readonly string[]
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
  exitCode?: number | string | null | undefined
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  off(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
}

/** What commands work with. */
export interface CommandContext {
  readonly pipelines: readonly Pipeline[]
  readonly host: Host
  readonly signal: AbortSignal
}

/** Flags that every command of a pipeline takes. */
export interface PipelineFlags {
  readonly only?: readonly string[]
  readonly registry?: string
  readonly allowRemoval?: boolean
  readonly load?: boolean
  readonly json?: boolean
  readonly verbose?: boolean
}
