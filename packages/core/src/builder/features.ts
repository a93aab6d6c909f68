import type { BuilderInfo, BuildRequest } from './port.js'

/** An option of a build that a builder cannot carry out, or would ignore without an error. */
export interface UnsupportedOption {
  readonly option: string
  readonly hint: string
}

/** What of a build decides whether a builder can carry it out. */
export type FeatureUse = Pick<BuildRequest, 'shmSize' | 'ulimits' | 'cacheTo' | 'contexts'>

/** The options of a build that a builder lacks the feature for. */
export function unsupportedOptions(
  { features }: Pick<BuilderInfo, 'features'>,
  { shmSize, ulimits = [], cacheTo = [], contexts = {} }: FeatureUse,
): readonly UnsupportedOption[] {
  const newer = (option: string) => ({ option, hint: `leave ${option} out, or build on Docker Engine 23 or newer` })
  const caches = new Set(cacheTo.map(({ type }) => type).filter((type) => !features.cacheExports.has(type)))
  return [
    ...(shmSize !== undefined && !features.limits ? [newer('shmSize')] : []),
    ...(ulimits.length > 0 && !features.limits ? [newer('ulimits')] : []),
    ...(Object.keys(contexts).length > 0 && !features.namedContexts ? [newer('contexts')] : []),
    ...[...caches].map((type) => ({
      option: `cacheTo type=${type}`,
      hint: `this builder exports the caches ${[...features.cacheExports].join(', ')}; a Docker Engine has more with the containerd image store`,
    })),
  ]
}
