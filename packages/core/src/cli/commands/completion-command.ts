import type { CommandContext } from '../command.js'
import type { Completion } from '../completion/completion.js'
import { printResult } from '../output.js'

/** Shells that have a completion script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** One of {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number]

/**
 * `build.ts completion`: prints a script that completes commands, flags and pipelines.
 * The script is static: starting node for every press of the tab key would take longer than typing.
 */
export async function completionCommand(shell: Shell, completion: Completion, { host }: CommandContext): Promise<void> {
  printResult(await scriptOf(shell, completion), host)
}

async function scriptOf(shell: Shell, completion: Completion): Promise<string> {
  if (shell === 'bash') return (await import('../completion/bash.js')).bashScript(completion)
  if (shell === 'zsh') return (await import('../completion/zsh.js')).zshScript(completion)
  return (await import('../completion/fish.js')).fishScript(completion)
}
