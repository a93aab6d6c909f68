import { defineBase, definePlugin, formatPlatform } from '@polyarch/core/plugin'
import * as v from 'valibot'
import { ARCHITECTURES, RELEASES } from './releases.js'

const alpineBase = defineBase({
  platforms: Object.keys(ARCHITECTURES),
  options: {
    /** `3.22` */
    release: v.optional(v.picklist(['3.20', '3.21', '3.22']), '3.22'),
    /** Another repository with the same tags: a private copy. */
    image: v.optional(v.string(), 'docker.io/library/alpine'),
    /** A root file system archive in place of the image: which of the release, where it is, and its sha256. */
    archive: v.optional(v.object({ version: v.string(), mirror: v.string(), sha256: v.string() })),
  },
  source: ({ platform, options: { release, image, archive } }) => {
    const traits = { endOfLife: RELEASES[release], buildArgs: { LIBC: 'musl' }, check: ['apk', '--version'] }
    if (archive === undefined) {
      return { kind: 'registry', reference: `${image}:${release}`, configPolicy: 'require-match', ...traits }
    }
    const architecture = ARCHITECTURES[formatPlatform(platform)]
    const file = `alpine-minirootfs-${archive.version}-${architecture}.tar.gz`
    const location = `${archive.mirror}/v${release}/releases/${architecture}/${file}`
    return { kind: 'rootfs', location, sha256: archive.sha256, ...traits }
  },
})

/** Alpine: the official images, or bases from its root file system archives. */
export const alpine = () =>
  definePlugin({
    name: 'polyarch-plugin-alpine',
    bases: { alpine: alpineBase },
    aliases: { 'raspberrypi-zero-alpine': { platform: 'linux/arm/v6', base: 'alpine' } },
  })
