import {
  ARCHITECTURE_WORDS,
  formatPlatform,
  isKnownPlatform,
  KNOWN_ARCHITECTURES,
  normalizePlatform,
  type Platform,
  parsePlatform,
  unreadablePlatform,
  variantsOf,
} from '../../model/platform.js'
import type { PlatformDeclaration } from '../declare/declaration.js'
import type { CommonPlatformSettings } from '../declare/platform-declaration.js'
import { type Issues, nearest } from '../issues.js'
import type { PlatformAlias } from '../plugin/plugin.js'

/** Messages collected while a definition is read: issues are errors, notes are not. */
export interface Reading {
  readonly issues: Issues
  readonly notes: string[]
}

/** The settings of a platform, with the options of its base. */
export type PlatformSettings = CommonPlatformSettings & { readonly base?: unknown } & Readonly<Record<string, unknown>>

/** Reads the platform of a declaration, and its settings with the base that a platform alias stands for. */
export function readDeclaredPlatform(
  declared: PlatformDeclaration,
  aliases: ReadonlyMap<string, PlatformAlias>,
  path: string,
  reading: Reading,
): { readonly platform: Platform | undefined; readonly settings: PlatformSettings } {
  const alias = aliases.get(declared.architecture)
  const own = declared.settings as PlatformSettings
  const settings = alias === undefined ? own : { ...own, base: own.base ?? alias.base }
  const written = alias?.platform ?? declared.architecture
  const { variant } = settings
  return { platform: readPlatform({ written, variant, aliases: [...aliases.keys()] }, path, reading), settings }
}

/** The first arguments of `platform(architecture, { variant })`. */
interface WrittenPlatform {
  readonly written: string
  readonly variant?: string | undefined
  /** The platform aliases of the plugins in use, for hints. */
  readonly aliases: readonly string[]
}

/** Reads the platform that `platform(architecture, { variant })` means; undefined if it is not valid. */
function readPlatform(
  { written, variant, aliases }: WrittenPlatform,
  path: string,
  { issues, notes }: Reading,
): Platform | undefined {
  const parsed = parsePlatform(written)
  if (parsed === undefined) {
    const { message, hint } = unreadablePlatform(written)
    issues.add(path, message, withAliases(hint, aliases))
    return undefined
  }
  const hasVariant = written.split('/').length === 3
  if (hasVariant && variant !== undefined && normalizePlatform({ ...parsed, variant }).variant !== parsed.variant) {
    issues.add(path, `platform '${written}' contradicts variant '${variant}'`, 'remove one of them')
    return undefined
  }
  const platform = normalizePlatform(variant === undefined ? parsed : { ...parsed, variant })
  if (!isKnownPlatform(platform)) return refusePlatform(platform, path, aliases, issues)
  noteReading(written, variant, platform, notes)
  return platform
}

/** The platform of the index entry, with os version and features. */
export function readListedPlatform(
  platform: Platform,
  { osVersion, osFeatures }: { readonly osVersion?: unknown; readonly osFeatures?: unknown },
  path: string,
  issues: Issues,
): Platform {
  if (osVersion !== undefined && typeof osVersion !== 'string') {
    issues.add(`${path}.osVersion`, 'must be a string', "write a version such as '10.0.20348.2700'")
    return platform
  }
  if (osFeatures !== undefined && !isTexts(osFeatures)) {
    issues.add(`${path}.osFeatures`, 'must be a list of strings', "write a list such as ['win32k']")
    return platform
  }
  return normalizePlatform({
    ...platform,
    ...(osVersion !== undefined && { 'os.version': osVersion }),
    ...(osFeatures !== undefined && { 'os.features': osFeatures }),
  })
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

/** Adds the platform aliases to a hint. */
function withAliases(hint: string, aliases: readonly string[]): string {
  return aliases.length === 0
    ? hint
    : `${hint}${hint.endsWith('?') ? ' ' : '; '}platform aliases: ${aliases.join(', ')}`
}

function refusePlatform(platform: Platform, path: string, aliases: readonly string[], issues: Issues): undefined {
  const { architecture, variant } = platform
  if (!KNOWN_ARCHITECTURES.includes(architecture)) {
    const near = nearest(architecture, [...ARCHITECTURE_WORDS, ...aliases])
    const known = `use one of ${KNOWN_ARCHITECTURES.join(', ')}`
    const hint = withAliases(near === undefined ? known : `did you mean '${near}'?`, aliases)
    issues.add(path, `unknown architecture '${architecture}'`, hint)
  } else if (variant !== undefined && !variantsOf(architecture).includes(variant)) {
    const variants = variantsOf(architecture)
    const hint = variants.length === 0 ? `${architecture} has no variants` : `use one of ${variants.join(', ')}`
    issues.add(path, `unknown variant '${variant}' of ${architecture}`, hint)
  } else {
    issues.add(path, `unknown operating system '${platform.os}'`, "use 'linux/' or 'windows/'")
  }
  return undefined
}

/** Adds a note if a platform was normalised: another name, or an added variant. */
function noteReading(written: string, variant: string | undefined, platform: Platform, notes: string[]): void {
  const words = written.toLowerCase().split('/')
  if (words.includes(platform.architecture) && (platform.architecture !== 'arm' || variant || words.length === 3))
    return
  const named = variant === undefined ? `'${written}'` : `'${written}' with variant '${variant}'`
  const note = `${named} is normalized to ${formatPlatform(platform)}`
  if (!notes.includes(note)) notes.push(note)
}
