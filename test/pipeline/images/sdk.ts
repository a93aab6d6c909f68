import { fromImage, type Pipeline, pipeline, platform } from '../../../packages/core/src/index.js'

/** The first of two, based on images of a registry. The names have no host, so that a run selects it. */
export function sdkOn(bases: { readonly wide: string; readonly narrow: string }): Pipeline {
  return pipeline('team/sdk')
    .platforms(
      platform('amd64', { base: fromImage(bases.wide) }),
      platform('arm', { variant: 'v7', base: fromImage(bases.narrow) }),
    )
    .build({ context: 'sdk', network: 'host' })
    .tags('2.1', 'latest')
}
