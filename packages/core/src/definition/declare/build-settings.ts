import type { AnnotationMap } from './annotation-settings.js'
import type { AttestationDefinition, AttestationOptions } from './attestation-options.js'
import type { ContextDefinition, ContextSource } from './build-context.js'
import type { SecretDefinition, SecretSource, SshDefinition, SshSource } from './build-secrets.js'
import type { CacheDefinition, CacheOption } from './cache-options.js'
import type { Entitlement } from './entitlements.js'
import type { NamedContextDefinition, NamedContextSource } from './named-contexts.js'
import type { PerPlatform } from './per-platform.js'

/** Options of a build, with the names of `docker buildx bake` in camel case. */
export interface BuildOptions {
  /**
   * Directory that is sent to the builder; relative paths start at the working directory. Default `.`. Or a git URL,
   * `https://host/path.git#ref:directory`; an archive, `{ tar }`; or `false` for no files.
   */
  readonly context: ContextSource
  /**
   * Named contexts, which the Dockerfile uses in `FROM`, `COPY --from` and `RUN --mount=from`: a directory, with its
   * own .dockerignore; a git URL; `{ tar }`; another pipeline; `docker-image://NAME`; or
   * `oci-layout://DIR[:TAG][@DIGEST]`. A context replaces the stage or image of its name. Requires BuildKit 0.11 or
   * newer.
   */
  readonly contexts: Readonly<Record<string, NamedContextSource>>
  /** Path of the Dockerfile; relative paths start at the context, and may lead out of it. Default `Dockerfile`. */
  readonly dockerfile: string | URL
  /** The text of the Dockerfile, in place of a file. */
  readonly dockerfileInline: string
  /** Stage to build; default: the last. */
  readonly target: string
  /** Build args; numbers and booleans are converted as in `docker build --build-arg`: `8`, `true`. */
  readonly args: Readonly<Record<string, string | number | boolean>>
  /** Labels of the image. */
  readonly labels: Readonly<Record<string, string>>
  /** Network of RUN steps: `default`, `host`, `none`. */
  readonly network: string
  /** Additional lines of /etc/hosts while building, `name:address`. */
  readonly addHosts: readonly string[]
  /** Execute every step again, even if the builder has it in its cache. */
  readonly noCache: boolean
  /** Names of stages whose steps are executed again, even if the builder has them in its cache. */
  readonly noCacheFilter: readonly string[]
  /** Resolve every base from its registry, even if the builder has it already. */
  readonly pull: boolean
  /**
   * `registry`: import and export a cache of all stages, under a tag of its own per pipeline and platform in the
   * pipeline's repository, so that builders without a cache are fast. `prune` deletes tags that are no longer used.
   */
  readonly cache: BuildCache
  /**
   * Caches to import: `type=registry,ref=NAME`, or the name alone; `type=local,src=DIR`; `type=gha`; and, if BuildKit
   * supports them, `type=s3` and `type=azblob`. Fields are those of `docker buildx build --cache-from`. A missing cache
   * is not an error.
   */
  readonly cacheFrom: readonly CacheOption[]
  /**
   * Permission bits of the context's files: `exact`, unchanged; or `git`, 0644 and 0755 by the owner's executable bit,
   * for clones made under different umasks. Default `exact`.
   */
  readonly fileModes: FileModes
  /** Reuse an image in the registry that has the same inputs. Default true. */
  readonly reuse: boolean
  /**
   * What to do if the Dockerfile adds content that may change without a change of the context. Default `reuse`, with a
   * note.
   */
  readonly unpinned: UnpinnedPolicy
  /**
   * Where to export the build cache: `type=inline`, into the image itself; `type=registry,ref=NAME,mode=max`;
   * `type=local,dest=DIR`; `type=gha`; `type=s3`; `type=azblob`. Fields are those of `docker buildx build --cache-to`.
   * All but `inline` need a destination per platform: use a function of the platform.
   */
  readonly cacheTo: readonly CacheOption[]
  /**
   * Permissions of the build: `network.host` for `RUN --network=host`, `security.insecure` for `RUN --security=insecure`.
   * The builder's configuration has to allow them.
   */
  readonly entitlements: readonly Entitlement[]
  /**
   * Attestations of the build by BuildKit, published beside each image. Requires a builder that pushes images itself:
   * Docker Engine 27.5 or newer with the containerd image store, or a separate BuildKit.
   */
  readonly attest: AttestationOptions
  /** Size of /dev/shm of RUN steps: bytes, or a text such as `128m`. Docker Engine 24 and newer. */
  readonly shmSize: number | string
  /** Limits of RUN steps, `nofile=1024:2048`. Docker Engine 24 and newer. */
  readonly ulimits: readonly string[]
  /** Secrets for `RUN --mount=type=secret`, by id. Their values are in no key, and are stored nowhere. */
  readonly secrets: Readonly<Record<string, SecretSource>>
  /**
   * Secret of at least 32 bytes with which the image's key and the records that are published with it are computed, so
   * that only its owners can use them to confirm guesses of inputs. Every machine that is to reuse the image needs it.
   */
  readonly keySecret: SecretSource
  /** The ssh agents and keys for `RUN --mount=type=ssh`, by id; `default` if the mount has none. */
  readonly ssh: Readonly<Record<string, SshSource>>
}

/** What to do with `ADD https://…` without a checksum: its content is not in the key. */
export type UnpinnedPolicy = 'reuse' | 'rebuild' | 'refuse'

/** Where the cache of a build is kept, beside that of its builder. */
export type BuildCache = 'registry'

/** The permission bits that files of a context are sent with. */
export type FileModes = 'exact' | 'git'

/**
 * Settings for `build(...)` and `platform(..., { build })`: any part of {@link BuildOptions}, each a value or a
 * function of the platform.
 */
export type BuildSettings = { readonly [Name in keyof BuildOptions]?: PerPlatform<BuildOptions[Name]> }

/** A limit of the processes that RUN steps start. */
export interface Ulimit {
  readonly name: string
  readonly soft: number
  readonly hard: number
}

/** The build of one platform. Plain data, except that values of secrets are functions. */
export interface BuildDefinition {
  readonly context: ContextDefinition
  /** By the names that BuildKit looks them up by. */
  readonly contexts: Readonly<Record<string, NamedContextDefinition>>
  readonly dockerfile: string
  readonly dockerfileInline?: string
  readonly target?: string
  readonly args: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly network?: string
  readonly addHosts: readonly string[]
  /** All steps, or the steps of these stages. */
  readonly noCache: boolean | readonly string[]
  readonly pull: boolean
  readonly cache?: BuildCache
  readonly cacheFrom: readonly CacheDefinition[]
  readonly cacheTo: readonly CacheDefinition[]
  readonly entitlements: readonly Entitlement[]
  readonly fileModes: FileModes
  readonly reuse: boolean
  readonly unpinned: UnpinnedPolicy
  readonly attest?: AttestationDefinition
  /** Annotations of the image's manifest. */
  readonly annotations?: AnnotationMap
  /** In bytes. */
  readonly shmSize?: number
  readonly ulimits: readonly Ulimit[]
  readonly secrets: Readonly<Record<string, SecretDefinition>>
  readonly keySecret?: SecretDefinition
  readonly ssh: Readonly<Record<string, SshDefinition>>
}
