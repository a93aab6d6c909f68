import { codeOrFlag, RegistryError } from '../../model/errors.js'
import type { ImageConfig } from '../../model/oci.js'
import { formatPlatform, type Platform } from '../../model/platform.js'
import { statedPlatform } from '../../registry/image-config.js'

/** A statement of an image's platform. */
export interface Declaration {
  readonly platform: Platform | undefined
  /** Whether it was written as `arm` without a variant. */
  readonly isBareArm: boolean
}

/** Input of {@link decidePlatform}. */
export interface PlatformEvidence {
  /** The image, for messages. */
  readonly where: string
  readonly declared: Declaration
  /** Undefined if the image has none that states a platform. */
  readonly config: ImageConfig | undefined
  /** Trust a declaration that contradicts the config. */
  readonly trustDeclared: boolean
}

/** The platform of an image's entry, with notes on derived values. */
export interface DecidedPlatform {
  readonly platform: Platform
  readonly notes: readonly string[]
}

/**
 * Determines the platform of an image: the declared one, else that of its config.
 *
 * @throws RegistryError PLATFORM_MISSING if neither states one, PLATFORM_MISMATCH if they differ
 */
export function decidePlatform({ where, declared, config, trustDeclared }: PlatformEvidence): DecidedPlatform {
  const stated = config && statedPlatform(config)
  const platform = declared.platform ?? stated
  if (platform === undefined) throw unknownPlatform(where)
  const leavesVariantOpen = config?.architecture === 'arm' && !config.variant
  const isReadAsV7 = declared.platform === undefined ? leavesVariantOpen : declared.isBareArm
  const notes = isReadAsV7 ? [`${where}: arm without a variant is normalized to arm/v7`] : []
  if (stated === undefined || isOneMachine(stated, platform))
    return { platform: withOsDetails(platform, config), notes }
  const note = `${where}: its config states ${leavesVariantOpen ? 'linux/arm without a variant' : formatPlatform(stated)}`
  if (leavesVariantOpen && isOneMachine({ ...platform, variant: 'v7' }, stated)) {
    return { platform, notes: [...notes, `${note}; ${formatPlatform(platform)} is used`] }
  }
  if (!trustDeclared) throw contradicts(where, platform, stated)
  return { platform, notes: [...notes, `${note}; the declared ${formatPlatform(platform)} is used`] }
}

/** Whether a platform was written as `arm` without a variant, which clients treat as v7. */
export function isBareArm(written: string | Partial<Platform> | undefined): boolean {
  if (typeof written === 'string') return /^\s*(linux\/)?arm\s*$/i.test(written)
  return written?.architecture === 'arm' && !written.variant
}

/** Without os versions and features, which declarations seldom repeat. */
function isOneMachine(a: Platform, b: Platform): boolean {
  return formatPlatform(a) === formatPlatform(b)
}

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md#properties */
function withOsDetails(platform: Platform, config: ImageConfig | undefined): Platform {
  const { 'os.version': version, 'os.features': features } = config ?? {}
  return {
    ...(version && { 'os.version': version }),
    ...(features?.length && { 'os.features': [...features].sort() }),
    ...platform,
  }
}

function unknownPlatform(where: string): RegistryError {
  return new RegistryError('PLATFORM_MISSING', `${where} has no platform`, {
    hint: `set it: ${codeOrFlag("{ image: '…', platform: 'linux/arm/v7' }", 'linux/arm/v7=NAME')}`,
  })
}

function contradicts(where: string, platform: Platform, stated: Platform): RegistryError {
  return new RegistryError(
    'PLATFORM_MISMATCH',
    `${where} is declared as ${formatPlatform(platform)}, but its config states ${formatPlatform(stated)}`,
    {
      hint: `declare the platform that it is built for, or if its config is wrong, trust the declared one: ${codeOrFlag('trustDeclared: true', '--trust-declared')}`,
    },
  )
}
