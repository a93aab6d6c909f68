import { describe, expect, it } from 'vitest'
import { asking, describeKeys, describeReleases } from '../../../test/support/distribution-releases.js'
import { raspbian } from '../src/index.js'
import { RASPBIAN } from '../src/releases.js'

const base = raspbian().bases.raspbian
const ask = asking(base)

describeReleases(RASPBIAN, ask)
describeKeys(RASPBIAN, ask, 'Raspberry Pi Debian armhf')

describe('Raspbian', () => {
  it('is ARMv6, which ARMv7 runs too, and never 64-bit', () => {
    expect(base.platforms).toEqual(['linux/arm/v6', 'linux/arm/v7'])
    expect(ask('linux/arm64')).toMatchObject({
      kind: 'issue',
      message: 'Raspbian bookworm does not support linux/arm64',
    })
  })

  it('does not believe the config of its images, which states amd64', () => {
    expect(ask('linux/arm/v6')).toMatchObject({ configPolicy: 'trust-declared' })
  })
})
