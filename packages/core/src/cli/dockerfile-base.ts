import { parseDockerfile } from '../dockerfile/syntax/parse.js'
import { type TargetBase, targetBase } from '../dockerfile/target-base.js'
import { parsePlatform } from '../model/platform.js'

export type { TargetBase } from '../dockerfile/target-base.js'

/** A build whose base is read from its Dockerfile. */
export interface TargetBaseOptions {
  readonly target?: string | undefined
  /** Platform that is built, `linux/arm/v7`; `linux/amd64` by default. */
  readonly platform?: string
  readonly args?: Readonly<Record<string, string>>
  /** The names of named contexts. */
  readonly contexts?: readonly string[]
}

/**
 * Finds the image that the target of a Dockerfile is based on; undefined if there is none, as with `scratch` alone.
 *
 * @example
 * ```ts
 * const base = baseOfDockerfile('FROM alpine:3.22\n')
 * ```
 */
export function baseOfDockerfile(
  text: string,
  { target, platform: written = '', args = {}, contexts = [] }: TargetBaseOptions = {},
): TargetBase | undefined {
  const platform = parsePlatform(written) ?? { os: 'linux', architecture: 'amd64' }
  return targetBase(parseDockerfile(text), { platform, args, target, contexts: new Set(contexts) })
}
