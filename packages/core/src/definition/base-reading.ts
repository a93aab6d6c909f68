import type { Fault } from '../model/errors.js'
import { formatPlatform, type Platform, parsePlatform, samePlatform } from '../model/platform.js'
import { parseReference, withDefaultTag } from '../model/reference.js'
import type { BaseSource } from './base-source.js'
import type { BaseDefinition } from './definition.js'
import { type Faults, suggest } from './faults.js'
import type { ImageBase } from './image-base.js'
import { type AnyBase, PLUGIN_CONTRACT, type Plugin, type Refusal, type ReservedOption } from './plugin.js'

const RESERVED: ReadonlySet<string> = new Set<ReservedOption>([
  'base',
  'variant',
  'osVersion',
  'osFeatures',
  'build',
  'optional',
])

/** The bases of the plugins in use, by name; plugins that can't be used are faults. */
export function readPlugins(plugins: readonly Plugin[], path: string, faults: Faults): ReadonlyMap<string, AnyBase> {
  const bases = new Map<string, AnyBase>()
  for (const plugin of plugins) {
    if (plugin?.kind !== 'plugin') {
      faults.add(`${path}.use`, 'not a plugin', "call the plugin's function: .use(ubuntu())")
    } else if (plugin.contract !== PLUGIN_CONTRACT) {
      faults.add(
        `${path}.use`,
        `${plugin.name} speaks plugin contract ${plugin.contract}, this @polyarch/core speaks ${PLUGIN_CONTRACT}`,
        plugin.contract > PLUGIN_CONTRACT ? 'install a newer @polyarch/core' : `install a newer ${plugin.name}`,
      )
    } else {
      addBases(plugin, bases, path, faults)
    }
  }
  return bases
}

function addBases(plugin: Plugin, bases: Map<string, AnyBase>, path: string, faults: Faults): void {
  for (const [name, base] of Object.entries(plugin.bases)) {
    if (bases.has(name)) faults.add(`${path}.use`, `two plugins supply a base named '${name}'`, 'use one of them')
    bases.set(name, base)
  }
}

/** Reads a base that is a name of a plugin's, with its options. */
export function readNamedBase(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  platform: Platform | undefined,
  bases: ReadonlyMap<string, AnyBase>,
  path: string,
  faults: Faults,
): BaseDefinition | undefined {
  const base = bases.get(name)
  if (base === undefined) {
    faults.add(`${path}.base`, `no plugin in use supplies a base named '${name}'`, suggest(name, [...bases.keys()]))
    return undefined
  }
  const options = Object.fromEntries(Object.entries(settings).filter(([option]) => !RESERVED.has(option)))
  const unknown = Object.keys(options).filter((option) => !(base.optionNames as readonly string[]).includes(option))
  for (const option of unknown) {
    faults.add(`${path}.${option}`, `base '${name}' has no option '${option}'`, suggest(option, base.optionNames))
  }
  if (unknown.length > 0 || platform === undefined) return undefined
  if (!hasPlatform(base, platform)) {
    faults.add(path, `base '${name}' has no ${formatPlatform(platform)}`, whoHas(platform, name, base, bases))
    return undefined
  }
  return settle(base.source({ platform, options }), path, faults)
}

function hasPlatform(base: AnyBase, platform: Platform): boolean {
  return base.platforms.some((text) => {
    const offered = parsePlatform(text)
    return offered !== undefined && samePlatform(offered, platform)
  })
}

function whoHas(platform: Platform, name: string, base: AnyBase, bases: ReadonlyMap<string, AnyBase>): string {
  const others = [...bases].filter(([, other]) => hasPlatform(other, platform)).map(([other]) => `'${other}'`)
  const own = `'${name}' has ${base.platforms.join(', ')}`
  return others.length === 0 ? own : `base ${others.join(' and ')} has it; ${own}`
}

function settle(answer: BaseSource | Refusal, path: string, faults: Faults): BaseDefinition | undefined {
  if (answer.kind === 'refusal') {
    const fault: Fault = { ...answer, path: answer.option === undefined ? path : `${path}.${answer.option}` }
    faults.add(fault.path, fault.message, fault.hint)
    return undefined
  }
  return answer.kind === 'registry' ? readImageBase(answer, `${path}.base`, faults) : answer
}

/** Reads a base that is a reference. */
export function readImageBase(
  base: Pick<ImageBase, 'reference' | 'configPolicy' | 'codePolicy'>,
  path: string,
  faults: Faults,
): BaseDefinition | undefined {
  const reference = parseReference(base.reference)
  if (reference === undefined) {
    faults.add(path, `'${base.reference}' is not a valid image name`, "write 'host/path:tag' or 'host/path@sha256:…'")
    return undefined
  }
  const { configPolicy, codePolicy } = base
  return { kind: 'registry', reference: withDefaultTag(reference), configPolicy, ...(codePolicy && { codePolicy }) }
}
