import { pluginContract } from '@polyarch/core/testing'
import { test } from 'vitest'
import { opensuse } from '../src/index.js'

const archive = { url: 'https://mirror.example.com/leap-16.0.tar.xz', sha256: '0'.repeat(64) }

const tests = pluginContract(() => opensuse(), {
  leap: {
    accepted: [{}, { release: '15.6' }, { release: '16.0', archive }],
    rejected: [
      { platform: 'linux/amd64', options: { release: '2.0' }, option: 'release' },
      { platform: 'linux/amd64', options: { archive: { url: 3 } }, option: 'archive' },
      { platform: 'linux/arm/v6', options: {} },
    ],
  },
})
for (const { name, run } of tests) test(name, run)
