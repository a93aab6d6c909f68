import { isJsonObject } from '../../model/json-fields.js'
import { isPipeline } from '../declare/declaration.js'
import { policyIssues } from '../plugin/base-policies.js'
import type { BaseAnswer } from '../plugin/base-source.js'
import { isTextMap, isTexts, textIssues } from '../plugin/kinds/field-checks.js'
import { kindIssues } from '../plugin/kinds/kind-check.js'
import { CORE_KINDS } from '../plugin/kinds/made-base.js'
import type { RootfsKind } from '../plugin/rootfs-kind.js'

type Data = Readonly<Record<string, unknown>>

/** Returns the issues of a plugin's answer, which may be written without types or for a newer core. */
export function answerIssues(answer: unknown): readonly string[] {
  if (typeof answer !== 'object' || answer === null) return ['it is not an object']
  if (answer instanceof Promise) return ['it is a promise: source must be synchronous']
  const data = answer as Data
  const check = isKind(data['kind']) ? KINDS[data['kind']] : undefined
  if (check === undefined) {
    return [
      `its kind '${String(data['kind'])}' is unknown; this @polyarch/core supports ${Object.keys(KINDS).join(', ')}`,
    ]
  }
  return [...check(data), ...traitIssues(data)]
}

/** Returns the errors in an issue that a base returned. */
export function issueShapeErrors(issue: object): readonly string[] {
  const { option, message, hint } = issue as Data
  return [
    ...(typeof message === 'string' && message !== '' ? [] : ['message of an issue must be a string']),
    ...(option === undefined || typeof option === 'string' ? [] : ['option of an issue must be a string']),
    ...(hint === undefined || typeof hint === 'string' ? [] : ['hint of an issue must be a string']),
  ]
}

function isKind(kind: unknown): kind is BaseAnswer['kind'] {
  return typeof kind === 'string' && Object.hasOwn(KINDS, kind)
}

const KINDS: Readonly<Record<BaseAnswer['kind'], (data: Data) => readonly string[]>> = {
  registry: (data) => [...textIssues(data, 'reference'), ...policyIssues(data)],
  apt: CORE_KINDS.apt.issues,
  rootfs: CORE_KINDS.rootfs.issues,
  made: madeIssues,
  pipeline: ({ pipeline }) => (isPipeline(pipeline) ? [] : ["pipeline must be what pipeline('…') returned"]),
}

function madeIssues({ by, source }: Data): readonly string[] {
  const wrong = kindIssues(by)
  if (wrong.length > 0) return wrong
  return isJsonObject(source) ? (by as RootfsKind).issues(source) : ['source must be an object']
}

function traitIssues({ buildArgs, annotations, check, endOfLife }: Data): readonly string[] {
  return [
    ...(buildArgs === undefined || isTextMap(buildArgs) ? [] : ['buildArgs must be strings by name']),
    ...(annotations === undefined || isTextMap(annotations) ? [] : ['annotations must be strings by name']),
    ...(check === undefined || (isTexts(check) && check.length > 0)
      ? []
      : ['check must be a command: a list of strings']),
    ...(endOfLife === undefined || isDay(endOfLife) ? [] : ["endOfLife must be a date such as '2026-04-30'"]),
  ]
}

/** Date.parse accepts February 30 as a day in March. */
function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return false
  const date = new Date(value)
  return !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(value)
}
