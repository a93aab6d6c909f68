import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Inputs } from './inputs.js'

/** How a command ended. */
export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
}

/** Runs a command of the `build.ts`; its progress goes to the log of the job. */
export function runBuild({ file, directory }: Inputs, args: readonly string[]): Promise<Outcome> {
  return runProgram('npx', ['tsx', file, ...args], directory)
}

/** Runs a program, and collects its standard output. */
export async function runProgram(program: string, args: readonly string[], directory: string): Promise<Outcome> {
  const child = spawn(program, args, { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  await once(child, 'close')
  return { exitCode: child.exitCode ?? 1, stdout }
}
