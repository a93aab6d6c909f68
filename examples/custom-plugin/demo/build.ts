import { pipeline, platform, run } from '@polyarch/core'
import { opensuse } from 'polyarch-plugin-opensuse'

run(
  pipeline('registry.example.com/hello')
    .use(opensuse())
    .platforms(
      platform('amd64', { base: 'leap', release: '16.0' }),
      platform('raspberrypi-4-leap', { release: '15.6' }),
    )
    .build({ context: new URL('.', import.meta.url) })
    .tags('1.0'),
)
