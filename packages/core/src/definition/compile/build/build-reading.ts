import { fileURLToPath } from 'node:url'
import type { Platform } from '../../../model/platform.js'
import type { AnnotationMap } from '../../declare/annotation-settings.js'
import { readAttestations } from '../../declare/attestation-options.js'
import { readContext } from '../../declare/build-context.js'
import { readSecretSource, readSecrets, readSsh } from '../../declare/build-secrets.js'
import type { BuildDefinition, BuildOptions, BuildSettings } from '../../declare/build-settings.js'
import { readCaches } from '../../declare/cache-options.js'
import { type PipelineContext, readNamedContexts } from '../../declare/named-contexts.js'
import { valueFor } from '../../declare/per-platform.js'
import { type Issues, suggest } from '../../issues.js'
import type { BaseTraits } from '../../plugin/base-source.js'
import { BUILD_CHECKS, readBytes, readUlimit } from './build-checks.js'
import { refusedOption } from './refused-options.js'

type Decided = { readonly [Name in keyof BuildOptions]?: BuildOptions[Name] }

/** Sources of a Dockerfile: the one of a platform replaces the shared one, of either kind. */
const DOCKERFILES = ['dockerfile', 'dockerfileInline'] as const

/** Default values of options. */
const DEFAULTS = {
  context: '.',
  dockerfile: 'Dockerfile',
  addHosts: [],
  noCache: false,
  noCacheFilter: [],
  pull: false,
  cacheFrom: [],
  cacheTo: [],
  entitlements: [],
  fileModes: 'exact',
  reuse: true,
  unpinned: 'reuse',
  ulimits: [],
} as const

/** Paths of the settings, for messages: an issue of shared settings is reported once, not per platform. */
export interface BuildPath {
  readonly shared: string
  readonly own: string
}

/** Input for the build of one platform. */
export interface BuildReading {
  /** The settings of the pipeline. */
  readonly shared: BuildSettings
  /** The settings of the platform. */
  readonly own: BuildSettings | undefined
  readonly platform: Platform
  /** Base of relative paths. */
  readonly directory: string
  readonly path: BuildPath
  readonly issues: Issues
  /** Settings that the base adds to the build. */
  readonly traits: Omit<BaseTraits, 'annotations'> & { readonly annotations?: AnnotationMap }
  /** Compiles a pipeline that a context names, and returns its name; undefined if it is not valid. */
  readonly nameOf: (pipeline: PipelineContext) => string | undefined
}

/**
 * Computes the build of one platform: its settings override the pipeline's, which override its base's. Args, labels,
 * contexts, secrets and ssh are merged by name.
 */
export function readBuild({
  shared,
  own,
  platform,
  directory,
  path,
  issues,
  traits,
  nameOf,
}: BuildReading): BuildDefinition {
  const general = decide(shared, platform, path.shared, issues)
  const special = decide(own ?? {}, platform, path.own, issues)
  const chosen = { ...DEFAULTS, ...withoutOverridden(general, special), ...special }
  const { target, network, dockerfileInline, shmSize, noCacheFilter, attest, keySecret, ...rest } = chosen
  const attestations = readAttestations(attest)
  const bytes = readBytes(shmSize)
  return {
    ...rest,
    context: readContext(rest.context, directory),
    contexts: readNamedContexts({ ...general.contexts, ...special.contexts }, directory, nameOf),
    dockerfile: dockerfilePath(rest.dockerfile),
    args: textsOf({ ...traits.buildArgs, ...general.args, ...special.args }),
    labels: { ...general.labels, ...special.labels },
    // Without names, BuildKit would take all stages.
    noCache: rest.noCache || (noCacheFilter.length > 0 && noCacheFilter),
    cacheFrom: readCaches(rest.cacheFrom, directory),
    cacheTo: readCaches(rest.cacheTo, directory),
    ulimits: rest.ulimits.flatMap((item) => readUlimit(item) ?? []),
    secrets: readSecrets({ ...general.secrets, ...special.secrets }, directory),
    ssh: readSsh({ ...general.ssh, ...special.ssh }, directory),
    ...(keySecret !== undefined && { keySecret: readSecretSource(keySecret, directory) }),
    ...(attestations !== undefined && { attest: attestations }),
    ...(bytes !== undefined && { shmSize: bytes }),
    ...(dockerfileInline !== undefined && { dockerfileInline }),
    ...(target !== undefined && { target }),
    ...(network !== undefined && { network }),
    ...(traits.annotations !== undefined && { annotations: traits.annotations }),
  }
}

function textsOf(args: BuildOptions['args']): BuildDefinition['args'] {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, String(value)]))
}

function withoutOverridden(general: Decided, special: Decided): Decided {
  if (!DOCKERFILES.some((name) => name in special)) return general
  const { dockerfile: _path, dockerfileInline: _text, ...rest } = general
  return rest
}

function dockerfilePath(dockerfile: string | URL): string {
  return typeof dockerfile === 'string' ? dockerfile : fileURLToPath(dockerfile)
}

function decide(settings: BuildSettings, platform: Platform, path: string, issues: Issues): Decided {
  const entries = Object.entries(settings).flatMap(([name, setting]) => {
    if (!isOption(name)) {
      const { message, hint } = refusedOption(name) ?? unknownOption(name)
      issues.add(`${path}.${name}`, message, hint)
      return []
    }
    const value = valueFor(setting, platform, `${path}.${name}`, issues)
    if (value === undefined) return []
    const issue = BUILD_CHECKS[name](value)
    if (issue === undefined) return [[name, value] as const]
    if (typeof issue === 'string') issues.add(`${path}.${name}`, issue)
    else issues.add(`${path}.${name}.${issue.key}`, issue.message)
    return []
  })
  const decided: Decided = Object.fromEntries(entries)
  if (DOCKERFILES.every((name) => name in decided)) {
    issues.add(`${path}.dockerfileInline`, 'dockerfile is set too', 'remove one of them')
  }
  return decided
}

function isOption(name: string): name is keyof BuildOptions {
  return Object.hasOwn(BUILD_CHECKS, name)
}

function unknownOption(name: string): { readonly message: string; readonly hint: string } {
  return { message: `build option '${name}' does not exist`, hint: suggest(name, Object.keys(BUILD_CHECKS)) }
}
