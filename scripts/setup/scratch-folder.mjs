// @ts-check
import { existsSync, statfsSync } from 'node:fs'

/** Free room that a few root file systems, as they are being made, do not fill. */
const ROOM = 4 * 1024 ** 3
const IN_MEMORY = '/dev/shm'

/**
 * Where a base is unpacked and set up: dpkg has every file written through to the disk, which nobody needs there, and in
 * memory costs nothing.
 *
 * @returns {{ TMPDIR?: string }} an addition to the environment, empty where memory is scarce or the user has chosen
 */
export function scratchFolder() {
  if (process.env['TMPDIR'] !== undefined || !existsSync(IN_MEMORY)) return {}
  const { bavail, bsize } = statfsSync(IN_MEMORY)
  return bavail * bsize < ROOM ? {} : { TMPDIR: IN_MEMORY }
}
