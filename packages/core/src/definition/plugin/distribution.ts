import { formatPlatform, type Platform } from '../../model/platform.js'
import { suggest } from '../issues.js'
import type { AptBase, BaseAnswer, ConfigPolicy } from './base-source.js'
import { mirrorIssue, packageIssue } from './kinds/apt-words.js'
import type { Base, BaseIssue } from './plugin.js'

/** One release of a distribution. */
export interface Release {
  /** Other names that mean it: `bookworm` is also `12`. */
  readonly aliases: readonly string[]
  /** Tag of its image. */
  readonly tag: string
  /** Suite of its packages. */
  readonly suite: string
  /** Its platforms, each with the distribution's own name of the architecture. */
  readonly platforms: Readonly<Record<string, string>>
  /** The last day of its support, `2026-04-30`; without it, none is known. */
  readonly endOfLife?: string
  /** Path of the keyring that signs it, if it differs from that of the other releases. */
  readonly keyring?: string
}

/** A distribution as a table, from which {@link defineDistribution} makes a base. */
export interface DistributionTable {
  /** Its name for people. */
  readonly title: string
  /** The repository of its images. */
  readonly image: string
  readonly configPolicy: ConfigPolicy
  readonly releases: Readonly<Record<string, Release>>
  /** The release if none is named. */
  readonly defaultRelease: string
  /** Variants of the same release, with the suffix of the tag: `{ slim: '-slim' }`. */
  readonly flavors: Readonly<Record<string, string>>
  readonly archive: Pick<AptBase, 'distribution' | 'components' | 'hostMirrorArchitectures' | 'keyring' | 'keys'>
}

// By way of `infer`, so that editors show the names themselves, and not the table that they are taken from.
/** All names of the releases of a table. */
export type ReleaseName<Table extends DistributionTable> =
  | (keyof Table['releases'] & string)
  | Table['releases'][keyof Table['releases']]['aliases'][number] extends infer Name extends string
  ? Name
  : never

/** Options in `platform(..., { base })` of a base made from a table. */
export interface DistributionOptions<ReleaseNames extends string = string, Flavors extends string = string> {
  /** By version or code name. */
  readonly release?: ReleaseNames
  /** Use the published image, or make the base from the distribution's packages. Default `registry`. */
  readonly source?: 'registry' | 'apt'
  /** A leaner build of the image. */
  readonly flavor?: Flavors
  /** Another repository with the same tags: a private copy, a mirror. */
  readonly image?: string
  /** Base URL of the package archive; by default the one that this machine's apt uses. */
  readonly mirror?: string
  /** Whether the mirror is a previous state of the archive: the dates until which that is valid have passed then. */
  readonly frozen?: boolean
  /** Path of the keyring that signs the archive, in place of the distribution's. */
  readonly keyring?: string
  /** Packages on top of a minimal system. */
  readonly packages?: readonly string[]
}

type OptionsOf<Table extends DistributionTable> = DistributionOptions<
  ReleaseName<Table>,
  keyof Table['flavors'] & string
>

const OPTION_NAMES = ['release', 'source', 'flavor', 'image', 'mirror', 'frozen', 'keyring', 'packages'] as const
const ONLY_APT = ['mirror', 'frozen', 'keyring', 'packages'] as const
const ONLY_REGISTRY = ['flavor', 'image'] as const

/**
 * Makes the base of a distribution from a table of its releases.
 *
 * @param defaults - options that hold where `platform(...)` says nothing else.
 * @example
 * ```ts
 * const trees = defineDistribution({
 *   title: 'Trees',
 *   image: 'registry.example.com/trees',
 *   configPolicy: 'require-match',
 *   defaultRelease: 'oak',
 *   flavors: {},
 *   releases: {
 *     oak: { aliases: ['1'], tag: 'oak', suite: 'oak', platforms: { 'linux/amd64': 'amd64', 'linux/arm/v7': 'armhf' } },
 *   },
 *   archive: { distribution: 'trees', components: ['main'], keyring: '/usr/share/keyrings/trees-archive-keyring.gpg' },
 * })
 * ```
 */
export function defineDistribution<const Table extends DistributionTable>(
  table: Table,
  defaults: OptionsOf<Table> = {},
): Base<OptionsOf<Table>> {
  const platforms = new Set(Object.values(table.releases).flatMap((release) => Object.keys(release.platforms)))
  return {
    platforms: [...platforms],
    optionNames: OPTION_NAMES,
    source: ({ platform, options }) => answer(table, platform, { ...defaults, ...options }),
  }
}

function answer(table: DistributionTable, platform: Platform, options: DistributionOptions): BaseAnswer | BaseIssue {
  const wrong = typeIssue(options)
  if (wrong !== undefined) return wrong
  const name = options.release ?? table.defaultRelease
  const release = findRelease(table, name)
  if (release === undefined) return unknownRelease(table, name)
  const text = formatPlatform(platform)
  const architecture = release.platforms[text]
  if (architecture === undefined) return missingPlatform(table, name, release, text)
  const issue = contradiction(table, options)
  if (issue !== undefined) return issue
  const { endOfLife } = release
  const source =
    options.source === 'apt' ? aptBase(table, release, architecture, options) : imageBase(table, release, options)
  return { ...source, ...(endOfLife !== undefined && { endOfLife }) }
}

function findRelease({ releases }: DistributionTable, name: string): Release | undefined {
  return Object.entries(releases).find(([key, { aliases }]) => key === name || aliases.includes(name))?.[1]
}

function imageBase(table: DistributionTable, { tag }: Release, { flavor, image }: DistributionOptions): BaseAnswer {
  const suffix = flavor === undefined ? '' : (table.flavors[flavor] ?? '')
  return { kind: 'registry', reference: `${image ?? table.image}:${tag}${suffix}`, configPolicy: table.configPolicy }
}

function aptBase(
  { archive: { keys, ...archive } }: DistributionTable,
  { suite, keyring: own }: Release,
  architecture: string,
  { mirror, frozen, keyring, packages }: DistributionOptions,
): BaseAnswer {
  const signing = keyring ?? own ?? archive.keyring
  return {
    ...archive,
    kind: 'apt',
    suite,
    architecture,
    packages: packages ?? [],
    variant: 'minbase',
    ...(mirror !== undefined && { mirror }),
    ...(frozen && { isFrozen: true }),
    ...(signing !== undefined && { keyring: signing }),
    // If the user sets a keyring, no other keys are trusted.
    ...(keyring === undefined && keys !== undefined && { keys }),
  }
}

function unknownRelease({ title, releases }: DistributionTable, name: string): BaseIssue {
  const names = Object.entries(releases).flatMap(([key, { aliases }]) => [key, ...aliases])
  const message = `${title} release '${name}' does not exist`
  return { kind: 'issue', option: 'release', message, hint: suggest(name, names) }
}

function missingPlatform({ title }: DistributionTable, name: string, { platforms }: Release, text: string): BaseIssue {
  const hint = `use one of ${Object.keys(platforms).join(', ')}`
  return { kind: 'issue', message: `${title} ${name} does not support ${text}`, hint }
}

/** Rejects options that would have no effect: the user expects one. */
function contradiction(table: DistributionTable, options: DistributionOptions): BaseIssue | undefined {
  const { source = 'registry', flavor } = options
  if (source !== 'registry' && source !== 'apt') {
    return {
      kind: 'issue',
      option: 'source',
      message: `source '${source}' does not exist`,
      hint: "use 'registry' or 'apt'",
    }
  }
  if (flavor !== undefined && !Object.hasOwn(table.flavors, flavor)) {
    const hint = suggest(flavor, Object.keys(table.flavors))
    return { kind: 'issue', option: 'flavor', message: `${table.title} flavor '${flavor}' does not exist`, hint }
  }
  const unused = (source === 'apt' ? ONLY_REGISTRY : ONLY_APT).find((option) => options[option] !== undefined)
  if (unused === undefined) return frozenIssue(options) ?? wordIssue(options)
  const [message, hint] =
    source === 'apt'
      ? [`option '${unused}' applies to published images only`, "remove it, or set source: 'registry'"]
      : [`option '${unused}' applies to bases made from packages only`, "remove it, or set source: 'apt'"]
  return { kind: 'issue', option: unused, message, hint }
}

const TEXTS = ['release', 'source', 'flavor', 'image', 'keyring'] as const

/** A definition may be written without types: a release of `12` is a number. */
function typeIssue(options: DistributionOptions): BaseIssue | undefined {
  const option = TEXTS.find((name) => options[name] !== undefined && typeof options[name] !== 'string')
  if (option !== undefined) {
    return { kind: 'issue', option, message: `${option} '${String(options[option])}' must be a string` }
  }
  const { frozen } = options
  if (frozen === undefined || typeof frozen === 'boolean') return undefined
  return { kind: 'issue', option: 'frozen', message: `frozen '${String(frozen)}' must be true or false` }
}

function wordIssue({ mirror, packages = [] }: DistributionOptions): BaseIssue | undefined {
  const wrongMirror = mirror === undefined ? undefined : mirrorIssue(mirror)
  if (wrongMirror !== undefined) {
    const hint = 'use the base URL of an archive, which has a dists folder'
    return { kind: 'issue', option: 'mirror', message: wrongMirror, hint }
  }
  if (!Array.isArray(packages)) {
    return { kind: 'issue', option: 'packages', message: 'packages must be a list', hint: "write ['curl']" }
  }
  const wrongPackage = packages.map(packageIssue).find((issue) => issue !== undefined)
  if (wrongPackage === undefined) return undefined
  const hint = 'write one package per entry: curl, curl=8.5.0-2, curl/bookworm-backports or libc6:armhf'
  return { kind: 'issue', option: 'packages', message: wrongPackage, hint }
}

/** Only a mirror that the user has set can be a snapshot. */
function frozenIssue({ frozen, mirror }: DistributionOptions): BaseIssue | undefined {
  if (!frozen || mirror !== undefined) return undefined
  const message = "'frozen' needs a mirror with a fixed state of the archive"
  return { kind: 'issue', option: 'frozen', message, hint: 'set the option mirror' }
}
