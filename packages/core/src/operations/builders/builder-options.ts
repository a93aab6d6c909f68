import type {
  BuilderDefinition,
  BuilderToleration,
  ResourceQuantities,
} from '../../builder/kubernetes/builder-definition.js'
import { Issues } from '../../definition/issues.js'
import {
  formatPlatform,
  isKnownPlatform,
  type Platform,
  parsePlatform,
  runsNatively,
  unreadablePlatform,
} from '../../model/platform.js'

/** Flags of `builder create`, as they are written. */
export interface BuilderOptionTexts {
  readonly platform?: readonly string[]
  readonly image?: string
  readonly replicas?: string
  readonly nodeSelector?: readonly string[]
  readonly toleration?: readonly string[]
  readonly request?: readonly string[]
  readonly limit?: readonly string[]
  readonly rootless?: boolean
  readonly qemu?: boolean
  readonly qemuImage?: string
}

/** BuildKit's images, as buildx uses them. */
const IMAGE = { privileged: 'moby/buildkit:buildx-stable-1', rootless: 'moby/buildkit:buildx-stable-1-rootless' }
const EMULATOR_IMAGE = 'tonistiigi/binfmt:latest'

/** Names of Deployments get a suffix, and those of their pods another one; labels have 63 characters. */
const MAX_NAME = 45

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const QUANTITY = /^\d+(?:\.\d+)?(?:m|k|[KMGTPE]i|[MGTPE])?$/
const LABEL = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/
const EFFECTS: readonly (string | undefined)[] = [undefined, 'NoSchedule', 'PreferNoSchedule', 'NoExecute']

/**
 * Reads the definition of a builder from flags, with an issue for each value that is not valid.
 *
 * @throws DefinitionError DEFINITION_INVALID
 */
export function readBuilderDefinition(name: string, texts: BuilderOptionTexts, config?: string): BuilderDefinition {
  const issues = new Issues()
  const { rootless = false, replicas = '1', image = IMAGE[rootless ? 'rootless' : 'privileged'] } = texts
  const emulatorImage = texts.qemuImage ?? (texts.qemu ? EMULATOR_IMAGE : undefined)
  if (name.length > MAX_NAME)
    issues.add('builder', `'${name}' is longer than ${MAX_NAME} characters`, 'use a shorter name')
  if (!/^[1-9]\d{0,3}$/.test(replicas))
    issues.add('--replicas', `'${replicas}' is not valid`, 'use a number from 1 to 9999')
  requireImage('--image', image, issues)
  if (emulatorImage !== undefined) requireImage('--qemu-image', emulatorImage, issues)
  const platformSets = (texts.platform ?? ['linux/amd64']).flatMap((text) => readPlatformSet(text, issues))
  for (const set of platformSets) checkRunnable(set, emulatorImage !== undefined, issues)
  const definition = {
    name,
    platformSets,
    image,
    replicas: Number(replicas),
    nodeSelector: readPairs('--node-selector', texts.nodeSelector, LABEL, issues),
    tolerations: (texts.toleration ?? []).flatMap((text) => readToleration(text, issues) ?? []),
    requests: readQuantities('--request', texts.request, issues),
    limits: readQuantities('--limit', texts.limit, issues),
    rootless,
    ...(config !== undefined && { config }),
    ...(emulatorImage !== undefined && { emulatorImage }),
  }
  issues.throwIfAny()
  return definition
}

function requireImage(flag: string, image: string, issues: Issues): void {
  if (image === '' || /\s/.test(image))
    issues.add(flag, `'${image}' is not an image`, 'use a name such as moby/buildkit:rootless')
}

/** `linux/arm64,linux/arm/v7` */
function readPlatformSet(text: string, issues: Issues): readonly (readonly [Platform, ...Platform[]])[] {
  const platforms = text.split(',').flatMap((one) => {
    const platform = parsePlatform(one)
    const isValid = platform !== undefined && isKnownPlatform(platform) && platform.os === 'linux'
    if (isValid) return [platform]
    const { message, hint } = platform === undefined ? unreadablePlatform(one) : unusable(platform)
    issues.add('--platform', message, hint)
    return []
  })
  const [native, ...others] = platforms
  return native === undefined ? [] : [[native, ...others]]
}

function unusable(platform: Platform): { readonly message: string; readonly hint: string } {
  const message = `buildkitd has no image for ${formatPlatform(platform)}`
  return { message, hint: 'use platforms of Linux, such as linux/arm64' }
}

function checkRunnable(
  [native, ...others]: readonly [Platform, ...Platform[]],
  emulates: boolean,
  issues: Issues,
): void {
  if (emulates) return
  for (const platform of others.filter((one) => !runsNatively(native, one))) {
    const message = `cluster nodes of ${formatPlatform(native)} do not run ${formatPlatform(platform)} natively`
    issues.add('--platform', message, 'write it as a set of its own with another --platform, or add --qemu')
  }
}

/** `key`, `key=value` or `key=value:effect`, as `kubectl taint` writes taints. */
function readToleration(text: string, issues: Issues): BuilderToleration | undefined {
  const [, key = '', value, effect] = /^([^=:]*)(?:=([^:]*))?(?::(.*))?$/.exec(text) ?? []
  if (LABEL.test(key) && EFFECTS.includes(effect)) {
    return {
      key,
      ...(value !== undefined && { value }),
      ...(effect && { effect: effect as NonNullable<BuilderToleration['effect']> }),
    }
  }
  issues.add('--toleration', `'${text}' is not a toleration`, 'use key, key=value or key=value:NoSchedule')
  return undefined
}

function readQuantities(flag: string, texts: readonly string[] | undefined, issues: Issues): ResourceQuantities {
  const pairs = readPairs(flag, texts, LABEL, issues)
  for (const [name, value] of Object.entries(pairs)) {
    if (!QUANTITY.test(value)) issues.add(flag, `'${name}=${value}' is not a quantity`, 'use cpu=2 or memory=4Gi')
  }
  return pairs
}

function readPairs(
  flag: string,
  texts: readonly string[] = [],
  names: RegExp,
  issues: Issues,
): Readonly<Record<string, string>> {
  const pairs = texts.map((text) => /^([^=]+)=(.*)$/.exec(text) ?? ['', text, ''])
  for (const [whole, name = ''] of pairs) {
    if (!whole || !names.test(name)) issues.add(flag, `'${whole || name}' is not valid`, 'use key=value')
  }
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]))
}
