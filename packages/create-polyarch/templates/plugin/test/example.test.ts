import { pluginContract } from '@polyarch/core/testing'
import { test } from 'vitest'
import { exampleBase } from '../src/index.js'

const tests = pluginContract(() => exampleBase(), {
  ['example' as const]: {
    accepted: [{}, { release: '1' }, { release: '2' }],
    rejected: [{ platform: 'linux/amd64', options: { release: '3' }, option: 'release' }],
  },
})
for (const { name, run } of tests) test(name, run)
