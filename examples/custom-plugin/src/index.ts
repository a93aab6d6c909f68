import { defineBase, definePlugin } from '@polyarch/core/plugin'
import * as v from 'valibot'
import { PLATFORMS, RELEASES } from './releases.js'

const leapBase = defineBase({
  platforms: PLATFORMS,
  options: {
    /** `16.0` */
    release: v.optional(v.picklist(['15.6', '16.0']), '16.0'),
    /** Another repository with the same tags: a private copy. */
    image: v.optional(v.string(), 'docker.io/opensuse/leap'),
    /** A root file system archive for the platform, in place of the image. */
    archive: v.optional(v.object({ url: v.string(), sha256: v.string() })),
  },
  source: ({ options: { release, image, archive } }) => {
    const traits = { endOfLife: RELEASES[release], buildArgs: { LEAP: release }, check: ['zypper', '--version'] }
    return archive === undefined
      ? { kind: 'registry', reference: `${image}:${release}`, configPolicy: 'require-match', ...traits }
      : { kind: 'rootfs', location: archive.url, sha256: archive.sha256, ...traits }
  },
})

/** openSUSE Leap: the official images, or bases from root file system archives. */
export const opensuse = () =>
  definePlugin({
    name: 'polyarch-plugin-opensuse',
    bases: { leap: leapBase },
    aliases: { 'raspberrypi-4-leap': { platform: 'linux/arm64', base: 'leap' } },
  })
