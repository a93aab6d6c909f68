import { pipeline, platform } from '@polyarch/core'
import { raspbian } from '@polyarch/plugin-raspbian'
import { ubuntu } from '@polyarch/plugin-ubuntu'

/** The ESP8266 SDK on Ubuntu for amd64 and on Raspbian for the Raspberry Pi, under one tag. */
export const sdk = pipeline('ghcr.io/otbiot/esp8266-build')
  .use(ubuntu(), raspbian())
  .sharedBase('ghcr.io/otbiot/esp8266-build-from:2.1')
  .platforms(
    platform('amd64', { base: 'ubuntu', release: '24.04' }),
    platform('arm', { variant: 'v7', base: 'raspbian', release: 'bookworm', build: { args: { JOBS: '1' } } }),
  )
  .build({ context: new URL('.', import.meta.url), args: { JOBS: '8' } })
  .platformNames('{repository}-{arch}:{tag}')
  .tags('3.0.2', 'latest')
