import { pipeline, platform } from '@polyarch/core'
import { alpine } from 'polyarch-plugin-alpine'

pipeline('registry.example.com/hello')
  .use(alpine())
  .platforms(
    platform('amd64', {
      base: 'alpine',
      // @ts-expect-error the types of the plugin's options reach the user: no such release
      release: '3.2',
    }),
  )
