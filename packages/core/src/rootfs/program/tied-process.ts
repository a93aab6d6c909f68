import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'

/**
 * Runs a program in a session of its own, with a temporary directory as its TMPDIR.
 * When the script's input ends, deliberately or because this process was killed, the program's whole group gets
 * SIGTERM. After it has ended, the directory is removed. Mounts of the program are private and removed with it, if this
 * user may mount.
 */
const SCRIPT = `TMPDIR=$(mktemp -dt polyarch.XXXXXX) && chmod 755 "$TMPDIR" && export TMPDIR || exit
exec 3<&0
alone=
unshare --mount true 2>/dev/null && alone='unshare --mount'
setsid $alone "$@" </dev/null 3<&- &
program=$!
{
  cat
  kill -s TERM -- -$program
  while kill -s 0 -- -$program; do sleep 0.2; done
  rm -rf --one-file-system "$TMPDIR"
} <&3 >/dev/null 2>&1 &
wait $program`

/** A program that ends with this process. */
export interface TiedProcess {
  /** Its exit code and its output are those of the program. */
  readonly child: ChildProcessWithoutNullStreams
  /** Ends the program if it still runs, and removes its temporary folder. */
  stop(): void
}

export function spawnTied(command: readonly string[], env: NodeJS.ProcessEnv): TiedProcess {
  // A separate process group, because Ctrl-C is handled by this process.
  const child = spawn('sh', ['-c', SCRIPT, 'sh', ...command], { detached: true, env })
  child.stdin.on('error', () => undefined)
  return { child, stop: () => child.stdin.destroy() }
}
