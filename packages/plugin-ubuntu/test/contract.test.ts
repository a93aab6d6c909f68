import { pluginContract } from '@polyarch/core/testing'
import { test } from 'vitest'
import { type UbuntuOptions, ubuntu } from '../src/index.js'
import { UBUNTU } from '../src/releases.js'

const releases = Object.keys(UBUNTU.releases) as (keyof typeof UBUNTU.releases)[]

const tests = pluginContract(() => ubuntu(), {
  ubuntu: {
    accepted: [{}, ...releases.flatMap((release): UbuntuOptions[] => [{ release }, { release, source: 'apt' }])],
    rejected: [
      { platform: 'linux/amd64', options: { release: '24.40' }, option: 'release' },
      { platform: 'linux/amd64', options: { flavor: 'slim' }, option: 'flavor' },
      { platform: 'linux/arm/v6', options: {} },
    ],
  },
})
for (const { name, run } of tests) test(name, run)
