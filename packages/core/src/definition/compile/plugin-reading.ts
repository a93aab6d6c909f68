import { ARCHITECTURE_WORDS, isKnownPlatform, parsePlatform } from '../../model/platform.js'
import type { Issues } from '../issues.js'
import {
  type AnyBase,
  PLUGIN_CONTRACT,
  type PlatformAlias,
  type Plugin,
  type ReservedOption,
} from '../plugin/plugin.js'
import { pluginIssues } from './plugin-check.js'

const RESERVED: ReadonlySet<string> = new Set<ReservedOption>([
  'base',
  'variant',
  'osVersion',
  'osFeatures',
  'build',
  'test',
  'optional',
])

/** Whether `platform(...)` reserves an option name. */
export function isReserved(option: string): boolean {
  return RESERVED.has(option)
}

/** A base in use, and the plugin that supplies it. */
export interface SuppliedBase {
  readonly base: AnyBase
  /** The npm package, for messages. */
  readonly plugin: string
}

/** Bases and platform aliases of all plugins in use. */
export interface PluginRegistry {
  readonly bases: ReadonlyMap<string, SuppliedBase>
  readonly aliases: ReadonlyMap<string, PlatformAlias>
}

/** Reads the bases and aliases of the plugins in use; plugins that can't be used are issues. */
export function readPlugins(plugins: readonly Plugin[], path: string, issues: Issues): PluginRegistry {
  const bases = new Map<string, SuppliedBase>()
  const aliases = new Map<string, PlatformAlias>()
  for (const plugin of plugins) {
    if (!isUsable(plugin, path, issues)) continue
    addBases(plugin, bases, path, issues)
    addAliases(plugin, aliases, path, issues)
  }
  return { bases, aliases }
}

function isUsable(plugin: Plugin, path: string, issues: Issues): boolean {
  if (plugin?.kind !== 'plugin') {
    issues.add(`${path}.use`, 'not a plugin', "call the plugin's function: .use(ubuntu())")
    return false
  }
  const name = typeof plugin.name === 'string' && plugin.name !== '' ? plugin.name : 'a plugin without a name'
  const contract: unknown = plugin.contract
  if (contract !== PLUGIN_CONTRACT) {
    const message = `${name} uses plugin contract ${String(contract)}, this @polyarch/core supports ${PLUGIN_CONTRACT}`
    const isNewer = typeof contract === 'number' && contract > PLUGIN_CONTRACT
    issues.add(`${path}.use`, message, isNewer ? 'install a newer @polyarch/core' : `install a newer ${name}`)
    return false
  }
  const wrong = pluginIssues(plugin)
  for (const one of wrong) {
    issues.add(`${path}.use`, `${name} is not valid: ${one}`, `report it to the author of ${name}`)
  }
  return wrong.length === 0
}

function addBases(plugin: Plugin, bases: Map<string, SuppliedBase>, path: string, issues: Issues): void {
  for (const [name, base] of Object.entries(plugin.bases)) {
    if (bases.has(name)) issues.add(`${path}.use`, `base '${name}' is supplied by two plugins`, 'use one of them')
    const claimed = base.optionNames.find(isReserved)
    if (claimed !== undefined) {
      const hint = `rename the option in ${plugin.name}`
      issues.add(`${path}.use`, `base '${name}' has the option '${claimed}', which platform(...) reserves`, hint)
    }
    bases.set(name, { base, plugin: plugin.name })
  }
}

function addAliases(plugin: Plugin, aliases: Map<string, PlatformAlias>, path: string, issues: Issues): void {
  // A plugin written without definePlugin may have none.
  for (const [alias, meaning] of Object.entries(plugin.aliases ?? {})) {
    const issue =
      aliasIssue(alias, meaning, plugin) ?? (aliases.has(alias) ? 'another plugin has the same alias' : undefined)
    if (issue !== undefined)
      issues.add(`${path}.use`, `platform alias '${alias}' of ${plugin.name} cannot be used: ${issue}`)
    aliases.set(alias, meaning)
  }
}

function aliasIssue(alias: string, { platform, base }: PlatformAlias, { bases }: Plugin): string | undefined {
  if (ARCHITECTURE_WORDS.includes(alias.toLowerCase()) || alias.includes('/'))
    return 'it is the name of an architecture'
  if (!Object.hasOwn(bases, base)) return `the plugin has no base '${base}'`
  const meant = parsePlatform(platform)
  return meant !== undefined && isKnownPlatform(meant) ? undefined : `'${platform}' is not a platform`
}
