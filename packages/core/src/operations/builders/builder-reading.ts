import type {
  BuilderDefinition,
  BuilderToleration,
  PlatformSet,
  ResourceQuantities,
} from '../../builder/kubernetes/builder-definition.js'
import { Issues, suggest } from '../../definition/issues.js'
import {
  formatPlatform,
  isKnownPlatform,
  type Platform,
  parsePlatform,
  runsNatively,
  unreadablePlatform,
} from '../../model/platform.js'
import {
  type BuilderManifestOptions,
  PLATFORM_SET_OPTIONS,
  type PlatformSetOptions,
  type PodOptions,
} from './builder-options.js'

/** BuildKit's images, as buildx uses them. */
const IMAGE = { privileged: 'moby/buildkit:buildx-stable-1', rootless: 'moby/buildkit:buildx-stable-1-rootless' }
const EMULATOR_IMAGE = 'tonistiigi/binfmt:latest'

/** Names of Deployments get a suffix, and those of their pods another one; labels have 63 characters. */
const MAX_NAME = 45
const MAX_REPLICAS = 9999

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const QUANTITY = /^\d+(?:\.\d+)?(?:m|k|[KMGTPE]i|[MGTPE])?$/
const LABEL = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)?$/
const EFFECTS: readonly (string | undefined)[] = [undefined, 'NoSchedule', 'PreferNoSchedule', 'NoExecute']

/**
 * Reads the definition of a builder, with an issue for each value that is not valid.
 *
 * @throws DefinitionError DEFINITION_INVALID
 */
export function readBuilderDefinition(name: string, options: BuilderManifestOptions): BuilderDefinition {
  const issues = new Issues()
  const { rootless = false, config, qemu = false, platformSets = [{ platforms: ['linux/amd64'] }] } = options
  const image = options.image ?? IMAGE[rootless ? 'rootless' : 'privileged']
  const emulatorImage = qemu === true ? EMULATOR_IMAGE : qemu
  if (name.length > MAX_NAME)
    issues.add('builder', `'${name}' is longer than ${MAX_NAME} characters`, 'use a shorter name')
  requireImage('image', image, issues)
  if (emulatorImage !== false) requireImage('qemu', emulatorImage, issues)
  checkPods(options, '', issues)
  if (platformSets.length === 0) issues.add('platformSets', 'is empty', "write [{ platforms: ['linux/amd64'] }]")
  const sets = platformSets.flatMap((set, at) => readPlatformSet(set, `platformSets[${at}]`, options, issues))
  for (const { platforms } of sets) checkRunnable(platforms, emulatorImage !== false, issues)
  issues.throwIfAny()
  return {
    name,
    platformSets: sets,
    image,
    rootless,
    ...(config !== undefined && { config }),
    ...(emulatorImage !== false && { emulatorImage }),
  }
}

function requireImage(path: string, image: string, issues: Issues): void {
  if (image === '' || /\s/.test(image))
    issues.add(path, `'${image}' is not an image`, 'use a name such as moby/buildkit:rootless')
}

/** A set with the options of all: those of the set replace equal ones. */
function readPlatformSet(
  set: PlatformSetOptions,
  path: string,
  shared: PodOptions,
  issues: Issues,
): readonly PlatformSet[] {
  const known = Object.keys(PLATFORM_SET_OPTIONS)
  for (const name of Object.keys(set).filter((one) => !known.includes(one)))
    issues.add(`${path}.${name}`, 'does not exist', suggest(name, known))
  checkPods(set, `${path}.`, issues)
  const platforms = (set.platforms ?? []).flatMap((text) => readBuilderPlatform(text, `${path}.platforms`, issues))
  const [native, ...others] = platforms
  if (native === undefined) {
    if (!set.platforms?.length) issues.add(`${path}.platforms`, 'is empty', "write ['linux/amd64']")
    return []
  }
  return [
    {
      platforms: [native, ...others],
      replicas: set.replicas ?? shared.replicas ?? 1,
      nodeSelector: { ...shared.nodeSelector, ...set.nodeSelector },
      tolerations: [...(shared.tolerations ?? []), ...(set.tolerations ?? [])],
      requests: { ...shared.requests, ...set.requests },
      limits: { ...shared.limits, ...set.limits },
    },
  ]
}

function readBuilderPlatform(text: string, path: string, issues: Issues): readonly Platform[] {
  const platform = parsePlatform(text)
  if (platform !== undefined && isKnownPlatform(platform) && platform.os === 'linux') return [platform]
  const { message, hint } = platform === undefined ? unreadablePlatform(text) : unusable(platform)
  issues.add(path, message, hint)
  return []
}

function unusable(platform: Platform): { readonly message: string; readonly hint: string } {
  const message = `buildkitd has no image for ${formatPlatform(platform)}`
  return { message, hint: 'use platforms of Linux, such as linux/arm64' }
}

function checkRunnable([native, ...others]: PlatformSet['platforms'], emulates: boolean, issues: Issues): void {
  if (emulates) return
  for (const platform of others.filter((one) => !runsNatively(native, one))) {
    const message = `cluster nodes of ${formatPlatform(native)} do not run ${formatPlatform(platform)} natively`
    issues.add('platforms', message, 'make it a platform set of its own, or use qemu to emulate it')
  }
}

/** @param prefix - of paths: empty, or `platformSets[0].` */
function checkPods(options: PodOptions, prefix: string, issues: Issues): void {
  const { replicas = 1, nodeSelector = {}, tolerations = [], requests = {}, limits = {} } = options
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > MAX_REPLICAS)
    issues.add(`${prefix}replicas`, `'${replicas}' is not valid`, `use a number from 1 to ${MAX_REPLICAS}`)
  for (const [key, value] of Object.entries(nodeSelector)) {
    if (LABEL.test(key) && LABEL_VALUE.test(value)) continue
    issues.add(`${prefix}nodeSelector`, `'${key}=${value}' is not a label`, 'use a label such as pool=builds')
  }
  for (const one of tolerations) checkToleration(one, `${prefix}tolerations`, issues)
  checkQuantities(requests, `${prefix}requests`, issues)
  checkQuantities(limits, `${prefix}limits`, issues)
}

function checkToleration({ key, value, effect }: BuilderToleration, path: string, issues: Issues): void {
  if (LABEL.test(key) && LABEL_VALUE.test(value ?? '') && EFFECTS.includes(effect)) return
  const text = `${key}${value === undefined ? '' : `=${value}`}${effect === undefined ? '' : `:${effect}`}`
  issues.add(path, `'${text}' is not a toleration`, 'use key, key=value or key=value:NoSchedule')
}

function checkQuantities(quantities: ResourceQuantities, path: string, issues: Issues): void {
  for (const [name, value] of Object.entries(quantities)) {
    if (LABEL.test(name) && QUANTITY.test(value)) continue
    issues.add(path, `'${name}=${value}' is not a quantity`, 'use cpu=2 or memory=4Gi')
  }
}
