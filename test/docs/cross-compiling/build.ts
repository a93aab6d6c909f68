import { fromImage, pipeline, platform, run } from '@polyarch/core'

const base = fromImage('docker.io/library/debian:trixie-slim')

run(
  pipeline('registry.example.com/team/app')
    .platforms(platform('amd64', { base }), platform('arm64', { base }), platform('arm', { variant: 'v7', base }))
    .build({ context: '.' })
    .tags('1.0'),
)
