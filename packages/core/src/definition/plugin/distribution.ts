import { formatPlatform, type Platform } from '../../model/platform.js'
import { suggest } from '../issues.js'
import type { BaseAnswer } from './base-source.js'
import { archiveName, optionIssue, typeIssue } from './distribution-issues.js'
import type {
  AnyDistributionOptions,
  AptArchive,
  ArchiveName,
  DistributionOptions,
  DistributionTable,
  Release,
  ReleaseName,
} from './distribution-table.js'
import type { Base, BaseIssue } from './plugin.js'
import { endOfSupport } from './support-dates.js'

type OptionsOf<Table extends DistributionTable> = DistributionOptions<
  ReleaseName<Table>,
  keyof Table['flavors'] & string,
  ArchiveName<Table>
>

const OPTION_NAMES = [
  'release',
  'source',
  'support',
  'flavor',
  'image',
  'mirror',
  'frozen',
  'keyring',
  'packages',
] as const

/**
 * Makes the base of a distribution from a table of its releases.
 *
 * @param defaults - values of options that `platform(...)` does not set.
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
    source: ({ platform, options }) => answer(table, platform, withSource(table, { ...defaults, ...options })),
  }
}

function withSource(table: DistributionTable, options: AnyDistributionOptions): AnyDistributionOptions {
  if (options.source !== undefined || table.image !== undefined || options.image !== undefined) return options
  return { ...options, source: archiveName(table) }
}

function answer(table: DistributionTable, platform: Platform, options: AnyDistributionOptions): BaseAnswer | BaseIssue {
  const wrong = typeIssue(options)
  if (wrong !== undefined) return wrong
  const name = options.release ?? table.defaultRelease
  const release = findRelease(table, name)
  if (release === undefined) return unknownRelease(table, name)
  const text = formatPlatform(platform)
  const architecture = release.platforms[text]
  if (architecture === undefined) return missingPlatform(table, name, release, text)
  const issue = optionIssue(table, options)
  if (issue !== undefined) return issue
  const endOfLife = endOfSupport(release, options.support ?? table.support)
  const source =
    (options.source ?? 'registry') === 'registry'
      ? imageBase(table, release, options)
      : packageBase(table.archive, release, architecture, options)
  return { ...source, ...(endOfLife !== undefined && { endOfLife }) }
}

function findRelease({ releases }: DistributionTable, name: string): Release | undefined {
  return Object.entries(releases).find(([key, { aliases }]) => key === name || aliases.includes(name))?.[1]
}

function imageBase(table: DistributionTable, { tag }: Release, { flavor, image }: AnyDistributionOptions): BaseAnswer {
  const suffix = flavor === undefined ? '' : (table.flavors[flavor] ?? '')
  return { kind: 'registry', reference: `${image ?? table.image}:${tag}${suffix}`, configPolicy: table.configPolicy }
}

function packageBase(
  archive: DistributionTable['archive'],
  release: Release,
  architecture: string,
  options: AnyDistributionOptions,
): BaseAnswer {
  if (!('by' in archive)) return aptBase(archive, release, architecture, options)
  const { mirror = '', keyring = release.keyring, packages = [] } = options
  const request = { release, architecture, mirror: mirror.replace(/(?<!\/)\/+$/, ''), packages }
  return { kind: 'made', by: archive.by, source: archive.source({ ...request, ...(keyring && { keyring }) }) }
}

function aptBase(
  { keys, ...archive }: AptArchive,
  { suite, keyring: own }: Release,
  architecture: string,
  { mirror, frozen, keyring, packages }: AnyDistributionOptions,
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
