import { type Pipeline, pipeline, platform } from '../../../packages/core/src/index.js'

/** The second of two: another pipeline's index is its shared base. */
export function firmwareOn(sdk: Pipeline): Pipeline {
  return pipeline('team/firmware')
    .platforms(platform('amd64', { base: sdk }), platform('arm', { variant: 'v7', base: sdk }))
    .build({ context: 'firmware', network: 'host' })
    .tags('1.0')
}
