import { pluginContract } from '@polyarch/core/testing'
import { test } from 'vitest'
import { type DebianOptions, debian } from '../src/index.js'
import { DEBIAN } from '../src/releases.js'

const releases = Object.keys(DEBIAN.releases) as (keyof typeof DEBIAN.releases)[]

const tests = pluginContract(() => debian(), {
  debian: {
    accepted: [{}, ...releases.flatMap((release): DebianOptions[] => [{ release }, { release, source: 'apt' }])],
    rejected: [
      { platform: 'linux/amd64', options: { release: 'bokworm' }, option: 'release' },
      { platform: 'linux/amd64', options: { packages: ['curl'] }, option: 'packages' },
      { platform: 'linux/arm/v5', options: { release: 'forky' } },
    ],
  },
})
for (const { name, run } of tests) test(name, run)
