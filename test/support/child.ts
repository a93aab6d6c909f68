import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

/** Runs a program to its end. Rejects, with its output, where it does not exit with 0. */
export const runProgram = promisify(execFile)

/** A program that is kept running for a test. */
export interface RunningProgram<T> extends AsyncDisposable {
  /** Output of its start. */
  readonly ready: T
  /** All it has printed so far, both streams. */
  output(): string
}

/** A program to start, and how to see that it is ready. */
export interface ProgramStart<T> {
  readonly command: string
  readonly args: readonly string[]
  /** Asked for each line of output, until it answers. */
  readonly readyLine: (line: string) => T | undefined
  readonly env?: Readonly<Record<string, string>>
  /** Signal that ends it; SIGTERM by default. */
  readonly stopSignal?: 'SIGTERM' | 'SIGKILL'
}

/**
 * Starts a program and waits until a line of its output shows that it is ready. It ends when it is disposed of, and,
 * whatever becomes of this process, with it.
 */
export async function startProgram<T>(start: ProgramStart<T>): Promise<RunningProgram<T>> {
  const stopSignal = start.stopSignal ?? 'SIGTERM'
  const child = spawn('setpriv', ['--pdeathsig', stopSignal.slice('SIG'.length), '--', start.command, ...start.args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...start.env },
  })
  const lines: string[] = []
  const output = () => lines.join('\n')
  try {
    const ready = await firstAnswer(child, lines, start)
    return { ready, output, [Symbol.asyncDispose]: () => stop(child, stopSignal) }
  } catch (cause) {
    await stop(child, stopSignal)
    throw new Error(`${start.command} did not become ready; its last output:\n${lines.slice(-20).join('\n')}`, {
      cause,
    })
  }
}

/** Until a program is ready, in milliseconds: longer than it takes on a busy machine. */
const PATIENCE = 120_000

function firstAnswer<T>(child: ChildProcess, lines: string[], start: ProgramStart<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it took too long')), PATIENCE)
    const settle = (settled: () => void) => {
      clearTimeout(timer)
      settled()
    }
    child.once('error', (error) => settle(() => reject(error)))
    child.once('exit', (code, signal) => settle(() => reject(new Error(`it exited with ${code ?? signal}`))))
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface(stream).on('line', (line) => {
        lines.push(line)
        const answer = start.readyLine(line)
        if (answer !== undefined) settle(() => resolve(answer))
      })
    }
  })
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  const killer = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(killer)
}
