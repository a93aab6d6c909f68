import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Screen } from '../support/screen.js'

/** A command that a user has started on a terminal. */
export interface TerminalCommand extends AsyncDisposable {
  readonly screen: Screen
  /** Types keys; `\u0003` is Ctrl-C. */
  type(keys: string): void
  /** Waits until the screen matches. Rejects if the command ends before. */
  shows(pattern: RegExp): Promise<void>
  readonly ended: Promise<number | null>
}

/** Starts a command on a pseudo-terminal of util-linux's `script`, and shows on a screen what it draws. */
export function startOnTerminal(
  command: readonly string[],
  { cwd, env, columns, rows }: { cwd: string; env: NodeJS.ProcessEnv; columns: number; rows: number },
): TerminalCommand {
  const screen = new Screen(columns, rows)
  const line = [`stty cols ${columns} rows ${rows};`, 'exec', ...command].join(' ')
  // The end of this process ends `script`, and that hangs the terminal up.
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '--', 'script', '--quiet', '--return', '--command', line, '/dev/null'],
    {
      cwd,
      env: { ...env, SHELL: '/bin/sh', TERM: 'xterm-256color' },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  child.stdout.on('data', (bytes: Buffer) => screen.write(bytes))
  const closed = once(child, 'close')
  const ended = closed.then(() => child.exitCode)
  return {
    screen,
    ended,
    type: (keys) => void child.stdin.write(keys),
    async shows(pattern) {
      let isOver = false
      ended.then(() => {
        isOver = true
      })
      for (;;) {
        const text = (await screen.lines()).join('\n')
        if (pattern.test(text)) return
        if (isOver) throw new Error(`it ended and never showed ${pattern}:\n${text}`)
        await Promise.race([once(child.stdout, 'data'), ended])
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGHUP')
      await closed
    },
  }
}
