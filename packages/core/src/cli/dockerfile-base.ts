import { analyze } from '../dockerfile/analysis.js'
import { parseDockerfile } from '../dockerfile/syntax/parse.js'
import { type TargetBase, targetBase } from '../dockerfile/target-base.js'
import { parsePlatform } from '../model/platform.js'

/** The base of a Dockerfile's target. */
export interface DockerfileBase extends TargetBase {
  /** Whether `fromImage` of this image, as base of every platform, needs no change of the Dockerfile. */
  readonly isUsableAsWritten: boolean
}

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
): DockerfileBase | undefined {
  const platform = parsePlatform(written) ?? { os: 'linux', architecture: 'amd64' }
  const dockerfile = parseDockerfile(text)
  const source = { platform, args, target, contexts: new Set(contexts) }
  const base = targetBase(dockerfile, source)
  if (base === undefined) return undefined
  const { literalBases } = analyze(dockerfile, { ...source, baseNames: [], baseImage: base.name })
  return { ...base, isUsableAsWritten: literalBases.length > 0 }
}
