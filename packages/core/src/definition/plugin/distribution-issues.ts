import { suggest } from '../issues.js'
import type { AnyDistributionOptions, DistributionTable } from './distribution-table.js'
import { mirrorIssue, packageIssue } from './kinds/apt-fields.js'
import type { BaseIssue } from './plugin.js'
import { SUPPORT_LEVELS } from './support-dates.js'

const ONLY_ARCHIVE = ['mirror', 'frozen', 'keyring', 'packages'] as const
const ONLY_REGISTRY = ['flavor', 'image'] as const

/** The value of the option `source` for bases made from a distribution's packages. */
export function archiveName({ archive }: DistributionTable): string {
  return 'by' in archive ? archive.by.name : 'apt'
}

/** Rejects options that would have no effect: the user expects one. */
export function optionIssue(table: DistributionTable, options: AnyDistributionOptions): BaseIssue | undefined {
  const { source = 'registry', flavor } = options
  const made = archiveName(table)
  if (source !== 'registry' && source !== made) {
    const hint = `use 'registry' or '${made}'`
    return { kind: 'issue', option: 'source', message: `source '${source}' does not exist`, hint }
  }
  if (flavor !== undefined && !Object.hasOwn(table.flavors, flavor)) {
    const hint = suggest(flavor, Object.keys(table.flavors))
    return { kind: 'issue', option: 'flavor', message: `${table.title} flavor '${flavor}' does not exist`, hint }
  }
  const wrong = imageIssue(table, options) ?? supportIssue(table, options)
  if (wrong !== undefined) return wrong
  const unused = (source === made ? ONLY_REGISTRY : ONLY_ARCHIVE).find((option) => options[option] !== undefined)
  if (unused === undefined) return frozenIssue(table, options) ?? wordIssue(table, options)
  const [message, hint] =
    source === made
      ? [`option '${unused}' applies to published images only`, "remove it, or set source: 'registry'"]
      : [`option '${unused}' applies to bases made from packages only`, `remove it, or set source: '${made}'`]
  return { kind: 'issue', option: unused, message, hint }
}

function imageIssue(table: DistributionTable, { source, image }: AnyDistributionOptions): BaseIssue | undefined {
  if (table.image !== undefined || image !== undefined || source !== 'registry') return undefined
  const hint = `set the option image to the repository of your images, or source: '${archiveName(table)}'`
  return { kind: 'issue', option: 'source', message: `${table.title} has no official images`, hint }
}

/** A kind of support that no release has would have no effect. */
function supportIssue(
  { title, releases }: DistributionTable,
  { support }: AnyDistributionOptions,
): BaseIssue | undefined {
  if (support === undefined) return undefined
  const levels = SUPPORT_LEVELS.filter((level) =>
    Object.values(releases).some(({ endOfLife }) => typeof endOfLife === 'object' && endOfLife[level] !== undefined),
  )
  if (levels.includes(support)) return undefined
  const message =
    levels.length === 0 ? `option 'support' has no effect for ${title}` : `${title} has no support '${support}'`
  const hint = levels.length === 0 ? 'remove it' : `use ${levels.map((level) => `'${level}'`).join(', ')}`
  return { kind: 'issue', option: 'support', message, hint }
}

const TEXTS = ['release', 'source', 'support', 'flavor', 'image', 'keyring'] as const

/** A definition may be written without types: the release `12` may be a number. */
export function typeIssue(options: AnyDistributionOptions): BaseIssue | undefined {
  const option = TEXTS.find((name) => options[name] !== undefined && typeof options[name] !== 'string')
  if (option !== undefined) {
    return { kind: 'issue', option, message: `${option} '${String(options[option])}' must be a string` }
  }
  const { frozen } = options
  if (frozen === undefined || typeof frozen === 'boolean') return undefined
  return { kind: 'issue', option: 'frozen', message: `frozen '${String(frozen)}' must be true or false` }
}

function wordIssue(
  table: DistributionTable,
  { source, mirror, packages = [] }: AnyDistributionOptions,
): BaseIssue | undefined {
  const { archive } = table
  const kind = 'by' in archive ? archive : undefined
  const wrongMirror = mirror === undefined ? undefined : mirrorIssue(mirror)
  const hint = `use the base URL of an archive, which has ${kind?.mirrorContent ?? 'a dists folder'}`
  if (wrongMirror !== undefined) return { kind: 'issue', option: 'mirror', message: wrongMirror, hint }
  if (kind !== undefined && mirror === undefined && source === archiveName(table)) {
    return { kind: 'issue', option: 'mirror', message: 'no mirror is configured', hint }
  }
  if (!Array.isArray(packages)) {
    return { kind: 'issue', option: 'packages', message: 'packages must be a list', hint: "write ['curl']" }
  }
  const wrongPackage = packages
    .map((name) => (kind === undefined ? packageIssue(name) : kind.packageIssue(name)))
    .find((issue) => issue !== undefined)
  if (wrongPackage === undefined) return undefined
  const forms = kind === undefined ? ': curl, curl=8.5.0-2, curl/bookworm-backports or libc6:armhf' : ''
  return { kind: 'issue', option: 'packages', message: wrongPackage, hint: `write one package per entry${forms}` }
}

/** Only an explicit mirror can be a snapshot. */
function frozenIssue(
  { archive }: DistributionTable,
  { frozen, mirror }: AnyDistributionOptions,
): BaseIssue | undefined {
  if (frozen !== undefined && 'by' in archive) {
    const message = `option 'frozen' has no effect: the indexes of ${archive.by.name} do not expire`
    return { kind: 'issue', option: 'frozen', message, hint: 'remove it' }
  }
  if (!frozen || mirror !== undefined) return undefined
  const message = "'frozen' needs a mirror with a fixed state of the archive"
  return { kind: 'issue', option: 'frozen', message, hint: 'set the option mirror' }
}
