import type { Platform } from '../model/platform.js'

/** A value, or a function that gives it for each platform. */
export type PerPlatform<T> = T | ((platform: Platform) => T)

/** What a build can be told; the same words as `docker buildx bake`, in camel case. */
export interface BuildOptions {
  /** Directory that is sent to the engine; relative paths start at the working directory. Default `.`. */
  readonly context: string | URL
  /** Path of the Dockerfile; relative paths start at the context. Default `Dockerfile`. */
  readonly dockerfile: string
  /** Stage to build; default: the last. */
  readonly target: string
  /** Build args. */
  readonly args: Readonly<Record<string, string>>
  /** Labels of the image. */
  readonly labels: Readonly<Record<string, string>>
  /** Network of RUN steps: `default`, `host`, `none`. */
  readonly network: string
  /** Additional lines of /etc/hosts while building, `name:address`. */
  readonly addHosts: readonly string[]
  /** Build every step anew, even where the engine has it cached. */
  readonly noCache: boolean
  /** Images whose inline cache the engine may use. */
  readonly cacheFrom: readonly string[]
  /** Whether an image that is in the registry, made of the same, may serve. Default true. */
  readonly reuse: boolean
  /** What to do where the Dockerfile adds content that may change though nothing here does. Default `reuse`, with a note. */
  readonly volatile: VolatilePolicy
}

/** What to do where a Dockerfile has `ADD https://…` without a checksum: its content is no part of the key. */
export type VolatilePolicy = 'reuse' | 'rebuild' | 'refuse'

/** The names of {@link BuildOptions}, for telling a misspelt one. */
export const BUILD_OPTION_NAMES: readonly (keyof BuildOptions)[] = [
  'context',
  'dockerfile',
  'target',
  'args',
  'labels',
  'network',
  'addHosts',
  'noCache',
  'cacheFrom',
  'reuse',
  'volatile',
]

/** What `build(...)` and `platform(..., { build })` take: any part of {@link BuildOptions}, each a value or a function of the platform. */
export type BuildSettings = { readonly [Name in keyof BuildOptions]?: PerPlatform<BuildOptions[Name]> }

/** A build as decided for one platform. Plain data. */
export interface BuildDefinition {
  /** Absolute path. */
  readonly context: string
  readonly dockerfile: string
  readonly target?: string
  readonly args: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly network?: string
  readonly addHosts: readonly string[]
  readonly noCache: boolean
  readonly cacheFrom: readonly string[]
  readonly reuse: boolean
  readonly volatile: VolatilePolicy
  /** Annotations that the base asks for. */
  readonly annotations?: Readonly<Record<string, string>>
  /** A command that has to succeed in the image, by the base. Decides whether there is a result, not what it is. */
  readonly check?: readonly string[]
}
