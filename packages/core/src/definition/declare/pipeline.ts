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

/** The bases of all plugins together; `Own` is taken plugin by plugin, since a conditional type distributes over a bare parameter. */
type BasesOf<P extends Plugin> = UnionToIntersection<P extends Plugin<infer Own, PlatformAliases> ? Own : never>

/** The platform aliases of all plugins together, in the same way. */
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
  /** Adds plugins, whose bases `platform(..., { base })` can then name. */
  use<P extends readonly Plugin[]>(...plugins: P): Pipeline<Together<B, P[number]>, TogetherAliases<W, P[number]>>
  /** Names the shared base index: the name that a literal `FROM` uses, and that is published beside the image. */
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
  /** Adds tags of the final index; or whole names, `docker.io/team/app:1.0`, in other repositories and registries. */
  tags(...tags: readonly string[]): Pipeline<B, W>
  /**
   * Also publishes each platform's image by a name of its own, by a pattern with `{repository}`, `{tag}`, `{os}`,
   * `{arch}` and `{variant}`: `{repository}-{arch}{variant}:{tag}`.
   */
  platformNames(...patterns: readonly string[]): Pipeline<B, W>
  /**
   * Annotates what is published, by level; what is said later overrides, name by name. The index has
   * `org.opencontainers.image.source` and `.revision` from git, and each manifest `.base.name` and `.base.digest`,
   * unless they are given here, or `false`.
   */
  annotations(settings: AnnotationSettings): Pipeline<B, W>
  /** Sets the published media types; `oci` by default. */
  format(format: ImageFormat): Pipeline<B, W>
  /**
   * Gives every manifest that is published a key tag, those of bases too: for registries whose cleaners delete what has
   * no tag of its own, and with it what indexes list.
   */
  keepKeyTags(keep?: boolean): Pipeline<B, W>
}

/**
 * Begins a pipeline that publishes to one repository.
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

function mergeBuildSettings(earlier: BuildSettings, later: BuildSettings): BuildSettings {
  return Object.freeze({ ...earlier, ...later })
}
