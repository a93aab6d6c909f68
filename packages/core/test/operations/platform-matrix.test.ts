import { expect, it } from 'vitest'
import { fromImage, pipeline, platform } from '../../src/index.js'
import { platformMatrix } from '../../src/operations/ci/platform-matrix.js'

const base = fromImage('alpine:3.22')
const sdk = pipeline('r.example/sdk').platforms(platform('amd64', { base }), platform('arm64', { base })).tags('1')
const app = pipeline('r.example/app')
  .platforms(platform('amd64', { base: sdk }), platform('arm', { variant: 'v7', base }), platform('s390x', { base }))
  .tags('1')

it('has a job per platform of the chosen pipelines, on the runner that runs it natively', () => {
  expect(platformMatrix([sdk, app], {})).toEqual({
    include: [
      { platform: 'linux/amd64', machine: 'amd64', runner: 'ubuntu-24.04', emulated: false, pipelines: ['sdk', 'app'] },
      { platform: 'linux/arm64', machine: 'arm64', runner: 'ubuntu-24.04-arm', emulated: false, pipelines: ['sdk'] },
      { platform: 'linux/arm/v7', machine: 'arm64', runner: 'ubuntu-24.04-arm', emulated: true, pipelines: ['app'] },
      { platform: 'linux/s390x', machine: 'amd64', runner: 'ubuntu-24.04', emulated: true, pipelines: ['app'] },
    ],
  })
  const { include } = platformMatrix([sdk, app], { pipelines: ['app'] })
  expect(include.map((job) => job.platform)).toEqual(['linux/amd64', 'linux/arm/v7', 'linux/s390x'])
})

it('uses the runners that are given', () => {
  const runners = ['linux/arm/v7=pi', 'linux/amd64=own', 's390x=mainframe']
  const { include } = platformMatrix([app], { runners })
  expect(include.map(({ runner, emulated }) => [runner, emulated])).toEqual([
    ['own', false],
    ['pi', false],
    ['mainframe', false],
  ])
  // A machine for 64-bit ARM emulates 32-bit ARM.
  expect(platformMatrix([app], { runners: ['arm64=own'] }).include[1]).toMatchObject({ runner: 'own', emulated: true })
})

it.each([
  [['arm64'], "'arm64' is not a platform and a label"],
  [['riscv64=board'], "no pipeline has a platform for the runner 'linux/riscv64=board'"],
  [['s390x=one', 'linux/s390x=other'], 'linux/s390x has two runners'],
])('rejects the runners %j', (runners, message) => {
  expect(() => platformMatrix([app], { runners })).toThrow(message)
})
