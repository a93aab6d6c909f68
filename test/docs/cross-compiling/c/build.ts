import { fromImage, pipeline, platform, run } from '@polyarch/core'

const base = fromImage('docker.io/library/debian:trixie-slim')

run(
  pipeline('registry.example.com/team/sensor')
    .platforms(
      platform('amd64', { base, build: { args: { CC: 'x86_64-linux-gnu-gcc' } } }),
      platform('arm64', { base, build: { args: { CC: 'aarch64-linux-gnu-gcc' } } }),
      platform('arm', { variant: 'v7', base, build: { args: { CC: 'arm-linux-gnueabihf-gcc' } } }),
    )
    .build({ context: '.' })
    .tags('1.0'),
)
