import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.js'

/** Tests that need an engine or other programs of this machine are named `*.real.test.ts`. */
const real = ['packages/*/test/**/*.real.test.ts', 'test/**/*.real.test.ts']

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    // What is waited for takes as long as the machine needs: running out of time says that it hangs, not that it is slow.
    expect: { poll: { timeout: 30_000 } },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
          exclude: [...real, '**/node_modules/**', '**/dist/**'],
          globalSetup: ['test/support/memory.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: '100%',
          // A process per file would take longer to start and to load what is tested than its tests do.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: real,
          globalSetup: ['test/support/memory.ts', 'test/support/machine.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Each test waits for engines and registries about half of the time.
          maxWorkers: 2 * availableParallelism(),
          // After the unit tests, so that those do not wait for engines.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
