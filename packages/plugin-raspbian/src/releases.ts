import type { DistributionTable } from '@polyarch/core/plugin'
import { RASPBIAN_KEYS } from './archive-keys.js'

/** Raspbian's armhf is ARMv6 hard float, for the first Raspberry Pi and the Zero; it runs on ARMv7 too. */
const ARM = { 'linux/arm/v6': 'armhf', 'linux/arm/v7': 'armhf' } as const

/**
 * Raspbian's releases. There is no 64-bit Raspbian: that is Debian's arm64.
 *
 * Sources: the base image list of the balena-io-library/base-images repository, for tags; the FAQ of the Raspbian
 * project, for what its armhf is.
 */
export const RASPBIAN = {
  title: 'Raspbian',
  image: 'docker.io/balenalib/rpi-raspbian',
  // The config of the published images always states amd64.
  configPolicy: 'trust-declared',
  defaultRelease: 'bookworm',
  flavors: {},
  releases: {
    stretch: { aliases: ['9'], tag: 'stretch', suite: 'stretch', platforms: ARM },
    buster: { aliases: ['10'], tag: 'buster', suite: 'buster', platforms: ARM },
    bullseye: { aliases: ['11'], tag: 'bullseye', suite: 'bullseye', platforms: ARM },
    bookworm: { aliases: ['12'], tag: 'bookworm', suite: 'bookworm', platforms: ARM },
  },
  archive: {
    distribution: 'raspbian',
    components: ['main'],
    keyring: '/usr/share/keyrings/raspbian-archive-keyring.gpg',
    keys: RASPBIAN_KEYS,
  },
} as const satisfies DistributionTable
