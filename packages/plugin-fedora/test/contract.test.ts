import { pluginContract } from '@polyarch/core/testing'
import { test } from 'vitest'
import { fedora } from '../src/index.js'
import { ALMALINUX, CENTOS, FEDORA, ROCKY } from '../src/releases.js'

const packages = { source: 'dnf', mirror: 'https://mirror.example.com/linux' } as const

function casesOf<Release extends string>(releases: Readonly<Record<Release, unknown>>) {
  const names = Object.keys(releases) as Release[]
  return {
    accepted: [{}, packages, ...names.flatMap((release) => [{ release }, { ...packages, release }])],
    rejected: [
      { platform: 'linux/amd64', options: { release: 'none' }, option: 'release' },
      { platform: 'linux/amd64', options: { source: 'dnf' }, option: 'mirror' },
      { platform: 'linux/amd64', options: { ...packages, frozen: true }, option: 'frozen' },
      { platform: 'linux/amd64', options: { ...packages, packages: ['-y'] }, option: 'packages' },
      { platform: 'linux/amd64', options: { source: 'apt' }, option: 'source' },
      { platform: 'linux/arm/v7', options: {} },
    ],
  }
}

const tests = pluginContract(() => fedora(), {
  fedora: casesOf(FEDORA.releases),
  rocky: casesOf(ROCKY.releases),
  almalinux: casesOf(ALMALINUX.releases),
  centos: casesOf(CENTOS.releases),
})
for (const { name, run } of tests) test(name, run)
