import { readFile } from 'node:fs/promises'

/**
 * When a process was started, in clock ticks of this boot, as an opaque text; undefined if the process is gone or
 * the system has no `/proc`.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export async function processStart(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    // The second field is the program's name in parentheses, which may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${boot.trim()} ${fields[19]}`
  } catch {
    return undefined
  }
}

/**
 * Whether a process of this machine still runs.
 *
 * @param isSame - whether a start time belongs to the process, not to a later process with the same pid
 */
export async function isRunning(pid: number, isSame: (start: string | undefined) => boolean): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return isSame(await processStart(pid))
}
