import { pipeline, platform } from '@polyarch/core'
import { debian } from '@polyarch/plugin-debian'

const REGISTRY = 'registry.example.com/team'

/** What all services have in common. It is built first. */
export const base = pipeline(`${REGISTRY}/base`)
  .use(debian({ release: 'trixie' }))
  .platforms(platform('amd64', { base: 'debian' }), platform('arm64', { base: 'debian' }))
  .build({ context: new URL('./images/base', import.meta.url) })
  .tags('1.0')

/** A folder of `images` each; a name after `build.ts` builds one of them. */
export const services = ['api', 'worker'].map((name) =>
  pipeline(`${REGISTRY}/${name}`)
    .platforms(platform('amd64', { base }), platform('arm64', { base }))
    .build({ context: new URL(`./images/${name}`, import.meta.url) })
    .tags('1.0', 'latest'),
)
