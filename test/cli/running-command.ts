import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** How a command ended. */
export interface CommandOutcome {
  /** Null where a signal ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that a user has started. */
export interface RunningCommand extends AsyncDisposable {
  readonly ended: Promise<CommandOutcome>
  /** Waits until its output, of either stream, matches. Rejects where it ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** As a terminal does it: every process that the command started gets the signal. */
  kill(signal: 'SIGINT' | 'SIGTERM'): void
}

/** Starts a command in a folder. It ends with this process, or when it is disposed of. */
export function startCommand(command: readonly string[], cwd: string, env: NodeJS.ProcessEnv): RunningCommand {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, signal)
    }
  }
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const closed = once(child, 'close')
  const ended = closed.then(() => ({ exitCode: child.exitCode, stdout, stderr }))
  return {
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(stdout) ?? pattern.exec(stderr)
          if (found !== null) resolve(found)
        }
        look()
        child.stdout.on('data', look)
        child.stderr.on('data', look)
        ended.then(() => reject(new Error(`it ended and never said ${pattern}:\n${stdout}${stderr}`)), reject)
      }),
    kill,
    async [Symbol.asyncDispose]() {
      kill('SIGKILL')
      await closed
    },
  }
}
