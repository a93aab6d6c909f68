import { pipeline, platform, run } from '@polyarch/core'
import { opensuse } from 'polyarch-plugin-opensuse'

run(
  pipeline('registry.example.com/hello')
    .use(opensuse())
    .platforms(
      platform('amd64', { base: 'leap', release: '16.0', image: process.env['LEAP'] ?? '' }),
      platform('raspberrypi-4-leap', { release: '16.0', image: process.env['LEAP'] ?? '' }),
    )
    .tags('1.0'),
)
