import { pipeline, platform, run } from '@polyarch/core'
import { debian } from '@polyarch/plugin-debian'

run(
  pipeline('registry.example.com/hello')
    .use(debian())
    .platforms(
      platform('amd64', { base: 'debian', release: 'trixie' }),
      platform('arm64', { base: 'debian', release: 'trixie' }),
    )
    .build({ context: '.' })
    .tags('1.0', 'latest'),
)
