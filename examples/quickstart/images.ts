import { pipeline, platform } from '@polyarch/core'
import { debian } from '@polyarch/plugin-debian'

/** One Dockerfile, and per platform another base: both are made from Debian's packages, so no image is pulled. */
export const hello = pipeline('hello')
  .use(debian())
  .platforms(
    platform('amd64', { base: 'debian', release: 'trixie', source: 'apt' }),
    platform('arm', { variant: 'v7', base: 'debian', release: 'bookworm', source: 'apt' }),
  )
  .build({ context: new URL('./app', import.meta.url) })
  .tags('1.0', 'latest')
