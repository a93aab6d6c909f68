import { fromImage, pipeline, platform, run } from '@polyarch/core'

run(
  pipeline('registry.example.com/team/app')
    .platforms(
      platform('amd64', { base: fromImage('debian:trixie') }),
      platform('arm', { variant: 'v7', base: fromImage('debian:bookworm') }),
    )
    .build({ context: '.' })
    .tags('1.0', 'latest'),
)
