import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Platform } from '../model/platform.js'
import type { BaseTraits } from './base-source.js'
import { BUILD_OPTION_NAMES, type BuildDefinition, type BuildOptions, type BuildSettings } from './build-settings.js'
import { type Faults, suggest } from './faults.js'

type Decided = { readonly [Name in keyof BuildOptions]?: BuildOptions[Name] }

/** Decides the build of one platform: its own settings over the pipeline's, those over its base's; args and labels are merged name by name. */
export function readBuild(
  shared: BuildSettings,
  own: BuildSettings | undefined,
  platform: Platform,
  directory: string,
  path: string,
  faults: Faults,
  traits: BaseTraits = {},
): BuildDefinition {
  const general = decide(shared, platform, path, faults)
  const special = decide(own ?? {}, platform, path, faults)
  const { target, network, ...rest } = { ...general, ...special }
  return {
    context: contextPath(rest.context ?? '.', directory),
    dockerfile: rest.dockerfile ?? 'Dockerfile',
    args: { ...traits.buildArgs, ...general.args, ...special.args },
    labels: { ...general.labels, ...special.labels },
    addHosts: rest.addHosts ?? [],
    noCache: rest.noCache ?? false,
    cacheFrom: rest.cacheFrom ?? [],
    reuse: rest.reuse ?? true,
    volatile: rest.volatile ?? 'reuse',
    ...(target !== undefined && { target }),
    ...(network !== undefined && { network }),
    ...(traits.annotations !== undefined && { annotations: traits.annotations }),
    ...(traits.check !== undefined && { check: traits.check }),
  }
}

function contextPath(context: string | URL, directory: string): string {
  return typeof context === 'string' ? resolve(directory, context) : fileURLToPath(context)
}

function decide(settings: BuildSettings, platform: Platform, path: string, faults: Faults): Decided {
  const entries = Object.entries(settings).flatMap(([name, setting]) => {
    if (!(BUILD_OPTION_NAMES as readonly string[]).includes(name)) {
      faults.add(`${path}.${name}`, `there is no build option '${name}'`, suggest(name, BUILD_OPTION_NAMES))
      return []
    }
    const value = valueFor(setting, platform, `${path}.${name}`, faults)
    if (value === undefined) return []
    const complaint = CHECKS[name as keyof BuildOptions](value)
    if (complaint !== undefined) faults.add(`${path}.${name}`, complaint)
    return complaint === undefined ? [[name, value] as const] : []
  })
  return Object.fromEntries(entries)
}

function valueFor(setting: unknown, platform: Platform, path: string, faults: Faults): unknown {
  if (typeof setting !== 'function') return setting
  try {
    return setting(platform)
  } catch (error) {
    faults.add(path, `its function threw: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

type Check = (value: unknown) => string | undefined

const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a text')
function oneOf(...words: readonly string[]): Check {
  return (value) => (words.some((word) => word === value) ? undefined : `must be one of ${words.join(', ')}`)
}
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
const texts: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? undefined : 'must be a list of texts'
const textMap: Check = (value) => {
  if (typeof value !== 'object' || value === null) return 'must be an object of texts by name'
  const wrong = Object.entries(value).find(([, item]) => typeof item !== 'string')
  return wrong === undefined ? undefined : `'${wrong[0]}' must be a text, and is ${typeof wrong[1]}`
}
const place: Check = (value) =>
  value instanceof URL && value.protocol !== 'file:' ? 'must be a directory, or a file: URL' : textOrUrl(value)

function textOrUrl(value: unknown): string | undefined {
  return value instanceof URL ? undefined : text(value)
}

const CHECKS: Readonly<Record<keyof BuildOptions, Check>> = {
  context: place,
  dockerfile: text,
  target: text,
  args: textMap,
  labels: textMap,
  network: text,
  addHosts: texts,
  noCache: flag,
  cacheFrom: texts,
  reuse: flag,
  volatile: oneOf('reuse', 'rebuild', 'refuse'),
}
