import { formatPlatform, type Platform, parsePlatform, samePlatform } from '../../model/platform.js'
import { parseReference, withDefaultTag } from '../../model/reference.js'
import { IMAGE_BASE_FIELDS, type ImageBase, isImageBase } from '../declare/image-base.js'
import type { RegistryBaseDefinition } from '../definition.js'
import { type Issues, nearest, suggest } from '../issues.js'
import { policyIssues } from '../plugin/base-policies.js'
import type { BaseAnswer } from '../plugin/base-source.js'
import type { AnyBase, BaseIssue, BaseRequest } from '../plugin/plugin.js'
import { answerIssues, issueShapeErrors } from './answer-check.js'
import { isReserved, type SuppliedBase } from './plugin-reading.js'

type SuppliedBases = ReadonlyMap<string, SuppliedBase>

/** A base that `platform(...)` names, with the options written there. */
export interface NamedBase {
  readonly name: string
  readonly settings: Readonly<Record<string, unknown>>
  /** Undefined if it is not valid: then only the names are checked. */
  readonly platform: Platform | undefined
}

/** Requests the base of a plugin, by its name and with the options of `platform(...)`. */
export function readNamedBase(
  { name, settings, platform }: NamedBase,
  bases: SuppliedBases,
  path: string,
  issues: Issues,
): BaseAnswer | undefined {
  const supplied = bases.get(name)
  if (supplied === undefined) {
    issues.add(`${path}.base`, `no plugin in use supplies a base named '${name}'`, hintOnName(name, [...bases.keys()]))
    return undefined
  }
  const { base } = supplied
  const options = Object.fromEntries(Object.entries(settings).filter(([option]) => !isReserved(option)))
  const unknown = Object.keys(options).filter((option) => !(base.optionNames as readonly string[]).includes(option))
  for (const option of unknown) {
    issues.add(`${path}.${option}`, `base '${name}' has no option '${option}'`, suggest(option, base.optionNames))
  }
  if (unknown.length > 0 || platform === undefined) return undefined
  if (!hasPlatform(base, platform)) {
    issues.add(
      path,
      `base '${name}' does not support ${formatPlatform(platform)}`,
      hintOnPlatform(platform, name, base, bases),
    )
    return undefined
  }
  return requestBase({ name, ...supplied }, { platform, options }, path, issues)
}

/** Hint for an unknown base name. If no known name is similar, a plugin is missing, or an image is meant. */
function hintOnName(name: string, names: readonly string[]): string {
  if (nearest(name, names) !== undefined) return suggest(name, names)
  const plugins = names.length === 0 ? 'add its plugin with .use(…)' : suggest(name, names)
  return `${plugins}; for an image write fromImage('${name}')`
}

function hasPlatform(base: AnyBase, platform: Platform): boolean {
  return base.platforms.some((text) => {
    const offered = parsePlatform(text)
    return offered !== undefined && samePlatform(offered, platform)
  })
}

function hintOnPlatform(platform: Platform, name: string, base: AnyBase, bases: SuppliedBases): string {
  const others = [...bases].filter(([, other]) => hasPlatform(other.base, platform)).map(([other]) => `'${other}'`)
  const own = `'${name}' supports ${base.platforms.join(', ')}`
  return others.length === 0 ? own : `use base ${others.join(' or ')}; ${own}`
}

/**
 * Calls the plugin. If the plugin itself is invalid, the message names it: the user cannot fix it in the definition.
 */
function requestBase(
  { name, base, plugin }: SuppliedBase & Pick<NamedBase, 'name'>,
  request: BaseRequest<object>,
  path: string,
  issues: Issues,
): BaseAnswer | undefined {
  const report = `report it to the author of ${plugin}`
  const answer = attempt(() => base.source(request))
  if ('thrown' in answer) {
    issues.add(path, `base '${name}' of ${plugin} failed: ${answer.thrown}`, report)
    return undefined
  }
  const { value } = answer
  const found = areBaseIssues(value) ? value : isBaseIssue(value) ? [value] : undefined
  const wrong = found?.flatMap(issueShapeErrors) ?? answerIssues(value)
  if (found !== undefined && wrong.length === 0) {
    for (const issue of found) addBaseIssue(issue, path, issues)
    return undefined
  }
  for (const one of wrong) issues.add(path, `base '${name}' of ${plugin} returned an invalid result: ${one}`, report)
  return wrong.length === 0 ? (value as BaseAnswer) : undefined
}

function attempt<Value>(source: () => Value): { readonly value: Value } | { readonly thrown: string } {
  try {
    return { value: source() }
  } catch (error) {
    return { thrown: error instanceof Error ? error.message : String(error) }
  }
}

function isBaseIssue(answer: unknown): answer is BaseIssue {
  return typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind === 'issue'
}

function areBaseIssues(answer: unknown): answer is readonly BaseIssue[] {
  return Array.isArray(answer) && answer.length > 0 && answer.every(isBaseIssue)
}

function addBaseIssue({ option, message, hint }: BaseIssue, path: string, issues: Issues): void {
  issues.add(option === undefined ? path : `${path}.${option}`, message, hint)
}

/** Reads a base that is a reference. */
export function readImageBase(
  base: Pick<ImageBase, 'reference' | 'configPolicy' | 'codePolicy' | 'verify'>,
  path: string,
  issues: Issues,
): RegistryBaseDefinition | undefined {
  for (const one of policyIssues(base)) issues.add(path, one)
  const unknown = isImageBase(base) ? Object.keys(base).filter((name) => !IMAGE_BASE_FIELDS.includes(name)) : []
  for (const name of unknown)
    issues.add(path, `option '${name}' of fromImage(…) does not exist`, suggest(name, IMAGE_BASE_FIELDS.slice(2)))
  const reference = typeof base.reference === 'string' ? parseReference(base.reference) : undefined
  if (reference === undefined) {
    issues.add(
      path,
      `'${String(base.reference)}' is not a valid image name`,
      "write 'host/path:tag' or 'host/path@sha256:…'",
    )
    return undefined
  }
  const { configPolicy, codePolicy, verify } = base
  return {
    kind: 'registry',
    reference: withDefaultTag(reference),
    configPolicy,
    ...(codePolicy && { codePolicy }),
    ...(verify && { verify }),
  }
}
