import type { BuildSettings } from './build-settings.js'
import type { DeclaredPipeline, ImageFormat, PipelineDeclaration, PlatformDeclaration } from './declaration.js'
import type { PlatformSettings } from './platform-declaration.js'
import type { Bases, Plugin } from './plugin.js'

type UnionToIntersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void
  ? I
  : never

/** The bases of all plugins together; `Own` is taken plugin by plugin, since a conditional type distributes over a bare parameter. */
type BasesOf<P extends Plugin> = UnionToIntersection<P extends Plugin<infer Own> ? Own : never>

type Together<B extends Bases, P extends Plugin> = B & BasesOf<P> extends infer All extends Bases ? All : never

// biome-ignore lint/complexity/noBannedTypes: `{}` is the map without a base, to which plugins add theirs.
type NoBases = {}

/**
 * A pipeline in the making, or finished: a frozen value. Each step returns a new one, so that a half-made pipeline can
 * be shared and branched. Nothing is read or contacted before `run`, `plan` or `execute`.
 */
export interface Pipeline<B extends Bases = Bases> extends DeclaredPipeline {
  /** Adds plugins, whose bases `platform(..., { base })` can then name. */
  use<P extends readonly Plugin[]>(...plugins: P): Pipeline<Together<B, P[number]>>
  /** Names the shared base index: the name that a literal `FROM` uses, and that is published beside the image. */
  sharedBase(name: string): Pipeline<B>
  /** Adds platforms. */
  platforms(...platforms: readonly PlatformDeclaration<PlatformSettings<B>>[]): Pipeline<B>
  /** Says how to build; what is said later overrides, name by name. */
  build(settings: BuildSettings): Pipeline<B>
  /** Adds tags of the final index. */
  tags(...tags: readonly string[]): Pipeline<B>
  /**
   * Also publishes each platform's image by a name of its own, by a pattern with `{repository}`, `{tag}`, `{os}`,
   * `{arch}` and `{variant}`: `{repository}-{arch}{variant}:{tag}`.
   */
  platformNames(...patterns: readonly string[]): Pipeline<B>
  /** Chooses the media types that are published; `oci` unless told otherwise. */
  format(format: ImageFormat): Pipeline<B>
}

/**
 * Begins a pipeline that publishes to one repository.
 *
 * @param name - the repository, with its registry host and without a tag: `ghcr.io/otbiot/esp8266-build`.
 * @example
 * ```ts
 * export const sdk = pipeline('ghcr.io/otbiot/esp8266-build')
 *   .use(ubuntu(), raspbian())
 *   .platforms(
 *     platform('amd64', { base: 'ubuntu', release: '24.04' }),
 *     platform('arm', { variant: 'v7', base: 'raspbian', release: 'bookworm' }),
 *   )
 *   .build({ context: '.' })
 *   .tags('3.0.2', 'latest')
 * ```
 */
export function pipeline(name: string): Pipeline<NoBases> {
  const empty = { name, plugins: [], platforms: [], build: {}, tags: [], platformNames: [], format: 'oci' } as const
  return pipelineFrom<NoBases>(empty)
}

function pipelineFrom<B extends Bases>(declaration: PipelineDeclaration): Pipeline<B> {
  const next = (change: Partial<PipelineDeclaration>) => pipelineFrom<B>({ ...declaration, ...change })
  return Object.freeze<Pipeline<B>>({
    kind: 'pipeline',
    declaration: Object.freeze(declaration),
    use: <P extends readonly Plugin[]>(...plugins: P) =>
      pipelineFrom<Together<B, P[number]>>({ ...declaration, plugins: [...declaration.plugins, ...plugins] }),
    sharedBase: (sharedBase) => next({ sharedBase }),
    platforms: (...platforms) => next({ platforms: [...declaration.platforms, ...platforms] }),
    build: (settings) => next({ build: mergeBuildSettings(declaration.build, settings) }),
    tags: (...tags) => next({ tags: [...declaration.tags, ...tags] }),
    platformNames: (...patterns) => next({ platformNames: [...declaration.platformNames, ...patterns] }),
    format: (format) => next({ format }),
  })
}

function mergeBuildSettings(earlier: BuildSettings, later: BuildSettings): BuildSettings {
  return Object.freeze({ ...earlier, ...later })
}
