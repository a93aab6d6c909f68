import { defineConfig } from 'vitest/config'

/** Runs the tests that scripts/mutation.mjs selects. */
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: { include: [process.env['MUTATION_TESTS'] ?? ''], testTimeout: 60_000 },
})
