import { fromImage, type Pipeline, pipeline, platform } from '../../../packages/core/src/index.js'

/** The first of two: it stands on images of a registry. The names have no host, so that a run chooses it. */
export function sdkOn(bases: { readonly wide: string; readonly narrow: string }): Pipeline {
  return pipeline('team/sdk')
    .platforms(
      platform('amd64', { base: fromImage(bases.wide) }),
      platform('arm', { variant: 'v7', base: fromImage(bases.narrow) }),
    )
    .build({ context: 'sdk', network: 'host' })
    .tags('2.1', 'latest')
}
