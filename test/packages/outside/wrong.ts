import { pipeline, platform } from '@polyarch/core'
import { opensuse } from 'polyarch-plugin-opensuse'

pipeline('registry.example.com/hello')
  .use(opensuse())
  .platforms(
    platform('amd64', {
      base: 'leap',
      // @ts-expect-error the types of the plugin's options reach the user: no such release
      release: '16.9',
    }),
  )
