import { scratchFolder } from '../../scripts/setup/scratch-folder.mjs'

/**
 * Vitest's global setup of all tests: keeps temporary files in memory if there is room. The registries and engines of
 * tests sync to disk for everything they store, which takes longer than the rest of their work.
 */
export function setup(): void {
  Object.assign(process.env, scratchFolder())
}
