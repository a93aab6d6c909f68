import { isJsonObject } from '../../model/json-fields.js'
import type { Bases, PlatformAliases, Plugin } from '../plugin/plugin.js'
import type { AnnotationSettings } from './annotation-settings.js'
import type { BuildSettings } from './build-settings.js'
import type {
  DeclaredPipeline,
  ImageFormat,
  PipelineDeclaration,
  PipelineSettings,
  PlatformDeclaration,
} from './declaration.js'
import type { TestSettings } from './image-test.js'
import type { AliasSettings, PlatformSettings } from './platform-declaration.js'

type UnionToIntersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void
  ? I
  : never

/**
 * The bases of all plugins. `Own` is evaluated per plugin, because a conditional type distributes over a bare
 * parameter.
 */
type BasesOf<P extends Plugin> = UnionToIntersection<P extends Plugin<infer Own, PlatformAliases> ? Own : never>

/** The platform aliases of all plugins, in the same way. */
type AliasesOf<P extends Plugin> = UnionToIntersection<P extends Plugin<Bases, infer Own> ? Own : never>

type TogetherAliases<W extends PlatformAliases, P extends Plugin> = W & AliasesOf<P> extends infer All extends
  PlatformAliases
  ? All
  : never

type Together<B extends Bases, P extends Plugin> = B & BasesOf<P> extends infer All extends Bases ? All : never

/**
 * A pipeline, complete or not: a frozen value. Each method returns a new one, so an incomplete pipeline can be shared
 * and extended. Nothing is read or contacted before `run`, `plan` or `execute`.
 */
export interface Pipeline<B extends Bases = Bases, W extends PlatformAliases = PlatformAliases>
  extends DeclaredPipeline {
  /** Adds plugins, which supply bases for `platform(..., { base })`. */
  use<P extends readonly Plugin[]>(...plugins: P): Pipeline<Together<B, P[number]>, TogetherAliases<W, P[number]>>
  /** Names the shared base index: the name for a literal `FROM`, which is published too. */
  sharedBase(name: string): Pipeline<B, W>
  /** Adds platforms. */
  platforms(...platforms: readonly PlatformDeclaration<PlatformSettings<B>, AliasSettings<B, W>>[]): Pipeline<B, W>
  /** Sets build options; later values override earlier ones, by name. */
  build(settings: BuildSettings): Pipeline<B, W>
  /**
   * Adds tests of the finished images, by name; later tests replace earlier ones of the same name, and `false` removes one.
   * Names move only after all tests have passed on every platform.
   */
  test(tests: TestSettings): Pipeline<B, W>
  /** Adds tags of the final index, or full names in other repositories and registries: `docker.io/team/app:1.0`. */
  tags(...tags: readonly string[]): Pipeline<B, W>
  /**
   * Also publishes the image of each platform under its own name, by a pattern with `{repository}`, `{tag}`, `{os}`,
   * `{arch}` and `{variant}`: `{repository}-{arch}{variant}:{tag}`.
   */
  platformNames(...patterns: readonly string[]): Pipeline<B, W>
  /**
   * Sets annotations by level; later values override earlier ones, by name. The index has
   * `org.opencontainers.image.source` and `.revision` from git, and each manifest `.base.name` and `.base.digest`,
   * unless they are set here or `false`.
   */
  annotations(settings: AnnotationSettings): Pipeline<B, W>
  /** Sets the published media types; `oci` by default. */
  format(format: ImageFormat): Pipeline<B, W>
  /**
   * Gives every published manifest a key tag, also bases: for registries whose retention policies delete untagged
   * manifests, even if an index lists them.
   */
  keepKeyTags(keep?: boolean): Pipeline<B, W>
}

/**
 * Creates a pipeline that publishes to one repository.
 *
 * @param repository - with its registry host and without a tag: `ghcr.io/otbiot/esp8266-build`.
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
export function pipeline(
  repository: string,
  options: PipelineSettings = {},
): Pipeline<Record<never, never>, Record<never, never>> {
  const empty = { plugins: [], platforms: [], build: {}, tests: [], tags: [], platformNames: [], annotations: [] }
  return pipelineFrom<Record<never, never>, Record<never, never>>({
    ...empty,
    repository,
    options,
    format: 'oci',
    keepKeyTags: false,
  })
}

function pipelineFrom<B extends Bases, W extends PlatformAliases>(declaration: PipelineDeclaration): Pipeline<B, W> {
  const next = (change: Partial<PipelineDeclaration>) => pipelineFrom<B, W>({ ...declaration, ...change })
  return Object.freeze<Pipeline<B, W>>({
    kind: 'pipeline',
    declaration: Object.freeze(declaration),
    use: <P extends readonly Plugin[]>(...plugins: P) =>
      pipelineFrom<Together<B, P[number]>, TogetherAliases<W, P[number]>>({
        ...declaration,
        plugins: [...declaration.plugins, ...plugins],
      }),
    sharedBase: (sharedBase) => next({ sharedBase }),
    platforms: (...platforms) => next({ platforms: [...declaration.platforms, ...platforms] }),
    build: (settings) => next({ build: mergeBuildSettings(declaration.build, settings) }),
    test: (tests) => next({ tests: [...declaration.tests, tests] }),
    tags: (...tags) => next({ tags: [...declaration.tags, ...tags] }),
    platformNames: (...patterns) => next({ platformNames: [...declaration.platformNames, ...patterns] }),
    annotations: (settings) => next({ annotations: [...declaration.annotations, settings] }),
    format: (format) => next({ format }),
    keepKeyTags: (keepKeyTags = true) => next({ keepKeyTags }),
  })
}

/** A value of another type, from JavaScript, stays: it would spread to nothing, and `compile` rejects it. */
function mergeBuildSettings(earlier: BuildSettings, later: BuildSettings): BuildSettings {
  for (const given of [earlier, later]) if (!isJsonObject(given)) return given
  return Object.freeze({ ...earlier, ...later })
}
