import { pluginContract } from '@polyarch/core/testing'
import { test } from 'vitest'
import { alpine } from '../src/index.js'

const archive = { version: '3.22.1', mirror: 'https://mirror.example.com/alpine', sha256: '0'.repeat(64) }

const tests = pluginContract(() => alpine(), {
  alpine: {
    accepted: [{}, { release: '3.20' }, { release: '3.21' }, { release: '3.22', archive }],
    rejected: [
      { platform: 'linux/amd64', options: { release: '2.0' }, option: 'release' },
      { platform: 'linux/amd64', options: { archive: { version: 3 } }, option: 'archive' },
      { platform: 'linux/arm/v5', options: {} },
    ],
  },
})
for (const { name, run } of tests) test(name, run)
