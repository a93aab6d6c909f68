import { pluginContract } from '@polyarch/core/testing'
import { test } from 'vitest'
import { type RaspbianOptions, raspbian } from '../src/index.js'
import { RASPBIAN } from '../src/releases.js'

const releases = Object.keys(RASPBIAN.releases) as (keyof typeof RASPBIAN.releases)[]

const tests = pluginContract(() => raspbian(), {
  raspbian: {
    accepted: [{}, ...releases.flatMap((release): RaspbianOptions[] => [{ release }, { release, source: 'apt' }])],
    rejected: [
      { platform: 'linux/arm/v6', options: { release: 'bokworm' }, option: 'release' },
      { platform: 'linux/arm64', options: {} },
    ],
  },
})
for (const { name, run } of tests) test(name, run)
