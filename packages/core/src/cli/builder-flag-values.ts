import type { BuilderToleration } from '../builder/kubernetes/builder-definition.js'
import { Issues } from '../definition/issues.js'
import { formatPlatform, isKnownPlatform, parsePlatform } from '../model/platform.js'
import type { BuilderManifestOptions, PlatformSetOptions, PodOptions } from '../operations/builders/builder-options.js'

/** Flags that define a builder, as they are written. */
export interface BuilderFlagTexts {
  readonly platform?: readonly string[]
  readonly image?: string
  readonly replicas?: readonly string[]
  readonly nodeSelector?: readonly string[]
  readonly toleration?: readonly string[]
  readonly request?: readonly string[]
  readonly limit?: readonly string[]
  readonly rootless?: boolean
  readonly qemu?: boolean
  readonly qemuImage?: string
}

/** Flags of pods: each value is for all platform sets, or for the one whose platform is written before it. */
const POD_FLAGS = {
  replicas: '--replicas',
  nodeSelector: '--node-selector',
  toleration: '--toleration',
  request: '--request',
  limit: '--limit',
} as const

type PodFlag = keyof typeof POD_FLAGS
type PodTexts = Readonly<Record<PodFlag, readonly string[]>>

/**
 * Reads the options of a builder from flags. Values themselves are validated with the options.
 *
 * @throws DefinitionError DEFINITION_INVALID for a value in another form, or for a platform set that does not exist
 */
export function readBuilderFlags(texts: BuilderFlagTexts): BuilderManifestOptions {
  const issues = new Issues()
  const sets = (texts.platform ?? ['linux/amd64']).map((text) => text.split(','))
  const platforms = sets.map(([native = '']) => normalized(native))
  for (const flag of Object.keys(POD_FLAGS) as PodFlag[]) {
    for (const { platform, value } of (texts[flag] ?? []).map(splitPlatform)) {
      if (platform === undefined || platforms.includes(platform)) continue
      const message = `'${platform}=${value}' is for a platform set that does not exist`
      issues.add(POD_FLAGS[flag], message, `use the first platform of a set: ${platforms.join(', ')}`)
    }
  }
  const podsOf = (own: string | undefined) => readPods(textsOf(texts, own), issues)
  const options = {
    ...podsOf(undefined),
    platformSets: sets.map((all, at): PlatformSetOptions => ({ platforms: all, ...podsOf(platforms[at]) })),
    ...(texts.image !== undefined && { image: texts.image }),
    ...(texts.rootless !== undefined && { rootless: texts.rootless }),
    ...((texts.qemuImage ?? texts.qemu) !== undefined && { qemu: texts.qemuImage ?? texts.qemu ?? false }),
  }
  issues.throwIfAny()
  return options
}

/** `linux/arm64=4`: a value for one platform set. No label and no resource has the name of a platform. */
function splitPlatform(text: string): { readonly platform?: string; readonly value: string } {
  const [, written = '', value = ''] = /^([a-z]+\/[^=]+)=(.*)$/.exec(text) ?? []
  const platform = parsePlatform(written)
  return platform !== undefined && isKnownPlatform(platform)
    ? { platform: formatPlatform(platform), value }
    : { value: text }
}

function normalized(platform: string): string {
  const parsed = parsePlatform(platform)
  return parsed === undefined ? platform : formatPlatform(parsed)
}

function textsOf(texts: BuilderFlagTexts, own: string | undefined): PodTexts {
  const valuesOf = (flag: PodFlag) =>
    (texts[flag] ?? [])
      .map(splitPlatform)
      .filter(({ platform }) => platform === own)
      .map(({ value }) => value)
  return {
    replicas: valuesOf('replicas'),
    nodeSelector: valuesOf('nodeSelector'),
    toleration: valuesOf('toleration'),
    request: valuesOf('request'),
    limit: valuesOf('limit'),
  }
}

function readPods({ replicas, nodeSelector, toleration, request, limit }: PodTexts, issues: Issues): PodOptions {
  const [count, second] = replicas
  if (second !== undefined) issues.add('--replicas', `'${second}' is a second number`, 'write one per platform set')
  return {
    ...(count !== undefined && { replicas: readCount(count, issues) }),
    ...(nodeSelector.length > 0 && { nodeSelector: readPairs('nodeSelector', nodeSelector, issues) }),
    ...(toleration.length > 0 && { tolerations: toleration.map(readToleration) }),
    ...(request.length > 0 && { requests: readPairs('request', request, issues) }),
    ...(limit.length > 0 && { limits: readPairs('limit', limit, issues) }),
  }
}

function readCount(text: string, issues: Issues): number {
  if (/^\d+$/.test(text)) return Number(text)
  issues.add('--replicas', `'${text}' is not a number`, 'use a number, or linux/arm64=2 for one platform set')
  return 1
}

/** `key`, `key=value` or `key=value:effect`, as `kubectl taint` writes taints. */
function readToleration(text: string): BuilderToleration {
  const [, key = '', value, effect] = /^([^=:]*)(?:=([^:]*))?(?::(.*))?$/.exec(text) ?? []
  return {
    key,
    ...(value !== undefined && { value }),
    ...(effect !== undefined && { effect: effect as NonNullable<BuilderToleration['effect']> }),
  }
}

function readPairs(flag: PodFlag, texts: readonly string[], issues: Issues): Readonly<Record<string, string>> {
  const pairs = texts.map((text) => {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? []
    if (name === undefined || value === undefined)
      issues.add(POD_FLAGS[flag], `'${text}' is not valid`, 'use key=value, or linux/arm64=key=value')
    return [name ?? text, value ?? ''] as const
  })
  return Object.fromEntries(pairs)
}
