import { isJsonObject } from '../../model/json-fields.js'

/**
 * Returns the issues of a plugin. A plugin may be written without types, or be built for another version of the
 * contract; the compiler reads only plugins without issues.
 */
export function pluginIssues(plugin: unknown): readonly string[] {
  if (!isJsonObject(plugin)) return ['it is not an object']
  const { name, bases, aliases = {} } = plugin
  return [
    ...(typeof name === 'string' && name !== '' ? [] : ['name must be a string']),
    ...(isJsonObject(bases) ? Object.entries(bases).flatMap(baseIssues) : ['bases must be an object of bases by name']),
    ...(isJsonObject(aliases) ? Object.entries(aliases).flatMap(aliasIssues) : ['aliases must be an object by alias']),
  ]
}

function baseIssues([name, base]: readonly [string, unknown]): readonly string[] {
  if (!isJsonObject(base)) return [`base '${name}' is not an object`]
  const { platforms, optionNames, source } = base
  return [
    ...(isTexts(platforms) ? [] : [`platforms of base '${name}' must be a list of strings`]),
    ...(isTexts(optionNames) ? [] : [`optionNames of base '${name}' must be a list of strings`]),
    ...(typeof source === 'function' ? [] : [`source of base '${name}' must be a function`]),
  ]
}

function aliasIssues([alias, meaning]: readonly [string, unknown]): readonly string[] {
  const { platform, base } = isJsonObject(meaning) ? meaning : {}
  if (typeof platform === 'string' && typeof base === 'string') return []
  return [`platform alias '${alias}' must have a platform and a base, both strings`]
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
