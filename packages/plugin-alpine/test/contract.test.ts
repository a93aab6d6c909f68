import { pluginContract } from '@polyarch/core/testing'
import { test } from 'vitest'
import { alpine } from '../src/index.js'
import { ALPINE } from '../src/releases.js'

const packages = { source: 'apk', mirror: 'https://mirror.example.com/alpine' } as const
const archives = { source: 'minirootfs', mirror: 'https://mirror.example.com/alpine' } as const
const releases = Object.keys(ALPINE.releases) as (keyof typeof ALPINE.releases)[]

const tests = pluginContract(() => alpine(), {
  alpine: {
    accepted: [
      {},
      packages,
      archives,
      ...releases.flatMap((release) => [{ release }, { ...packages, release }, { ...archives, release }]),
    ],
    rejected: [
      { platform: 'linux/amd64', options: { release: '2.0' }, option: 'release' },
      { platform: 'linux/amd64', options: { source: 'apk' }, option: 'mirror' },
      { platform: 'linux/amd64', options: { ...packages, frozen: true }, option: 'frozen' },
      { platform: 'linux/amd64', options: { ...packages, packages: ['--allow-untrusted'] }, option: 'packages' },
      { platform: 'linux/amd64', options: { ...archives, packages: ['curl'] }, option: 'packages' },
      { platform: 'linux/amd64', options: { ...archives, archive: { version: '3.24.1' } }, option: 'archive' },
      { platform: 'linux/arm/v5', options: {} },
    ],
  },
})
for (const { name, run } of tests) test(name, run)
