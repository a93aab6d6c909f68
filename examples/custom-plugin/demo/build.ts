import { pipeline, platform, run } from '@polyarch/core'
import { alpine } from 'polyarch-plugin-alpine'

run(
  pipeline('registry.example.com/hello')
    .use(alpine())
    .platforms(
      platform('amd64', { base: 'alpine', release: '3.22' }),
      platform('raspberrypi-zero-alpine', { release: '3.21' }),
    )
    .build({ context: new URL('.', import.meta.url) })
    .tags('1.0'),
)
