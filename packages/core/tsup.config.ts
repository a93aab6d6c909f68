import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'buildkit-session/index': 'src/buildkit-session/index.ts',
    'registry-server/index': 'src/registry-server/index.ts',
    'testing/index': 'src/testing/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  // Its manifest has no entry for `require`, so that the CommonJS build could not load it.
  noExternal: ['canonicalize'],
  dts: { compilerOptions: { ignoreDeprecations: '6.0', paths: {} } },
  clean: true,
  splitting: true,
})
