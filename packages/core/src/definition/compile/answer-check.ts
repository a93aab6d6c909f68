import { aptWordIssues } from '../declare/base/apt-words.js'
import { policyIssues } from '../declare/base/base-policies.js'
import type { BaseAnswer } from '../declare/base/base-source.js'
import { isPipeline } from '../declare/declaration.js'
import { keyFingerprint } from './openpgp-key.js'

type Data = Readonly<Record<string, unknown>>

/** Says what is wrong with the shape of a plugin's answer: plugins may be written without types, or for a newer core. */
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

/** Returns what is wrong with the shape of a refusal. */
export function refusalIssues(refusal: object): readonly string[] {
  const { option, message, hint } = refusal as Data
  return [
    ...(typeof message === 'string' && message !== '' ? [] : ['message of a refusal must be a string']),
    ...(option === undefined || typeof option === 'string' ? [] : ['option of a refusal must be a string']),
    ...(hint === undefined || typeof hint === 'string' ? [] : ['hint of a refusal must be a string']),
  ]
}

function isKind(kind: unknown): kind is BaseAnswer['kind'] {
  return typeof kind === 'string' && Object.hasOwn(KINDS, kind)
}

const KINDS: Readonly<Record<BaseAnswer['kind'], (data: Data) => readonly string[]>> = {
  registry: (data) => [...texts(data, 'reference'), ...policyIssues(data)],
  apt: (data) => [
    ...texts(data, 'distribution', 'suite', 'architecture', 'variant'),
    ...['components', 'packages']
      .filter((name) => !isTexts(data[name]))
      .map((name) => `${name} must be a list of strings`),
    ...(Array.isArray(data['components']) && data['components'].length === 0 ? ['components must not be empty'] : []),
    ...(data['isFrozen'] === undefined || typeof data['isFrozen'] === 'boolean'
      ? []
      : ['isFrozen must be true or false']),
    ...(data['hostMirrorArchitectures'] === undefined || isTexts(data['hostMirrorArchitectures'])
      ? []
      : ['hostMirrorArchitectures must be a list of strings']),
    ...(data['keyring'] === undefined ? [] : texts(data, 'keyring')),
    ...aptWordIssues(data),
    ...keyIssues(data['keys']),
  ],
  rootfs: (data) => [
    ...texts(data, 'location'),
    ...(typeof data['sha256'] === 'string' && /^[a-f0-9]{64}$/i.test(data['sha256'])
      ? []
      : ['sha256 must be 64 hex digits']),
  ],
  pipeline: ({ pipeline }) => (isPipeline(pipeline) ? [] : ["pipeline must be what pipeline('…') returned"]),
}

/** A fingerprint is what people compare, so that it has to be the key's own. */
function keyIssues(keys: unknown): readonly string[] {
  if (keys === undefined) return []
  if (!isTextMap(keys)) return ['keys must be armored public keys by fingerprint']
  return Object.entries(keys).flatMap(([fingerprint, armored]) => {
    const is = keyFingerprint(armored)
    if (is === fingerprint) return []
    return [
      `keys: the value of ${fingerprint} is ${is === undefined ? 'not an armored OpenPGP public key' : `the key ${is}`}`,
    ]
  })
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

function texts(data: Data, ...names: readonly string[]): readonly string[] {
  return names
    .filter((name) => typeof data[name] !== 'string' || data[name] === '')
    .map((name) => `${name} must be a string`)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isTexts(Object.values(value))
}

/** Date.parse takes February 30 for a day in March. */
function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return false
  const date = new Date(value)
  return !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(value)
}
