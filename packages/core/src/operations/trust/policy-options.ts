import { suggest } from '../../definition/issues.js'
import { type SignerRequirement, signerIssue } from '../../definition/plugin/signer-requirement.js'
import { DefinitionError, type Issue } from '../../model/errors.js'
import { isJsonObject } from '../../model/json-fields.js'
import { canonicalHost } from '../../model/reference.js'
import type { PolicyRules } from '../../plan/policy.js'
import { parseDuration } from '../duration.js'

/** Action on a violation of the policy. */
export const POLICY_MODES = ['warn', 'enforce'] as const

/** One of {@link POLICY_MODES}. */
export type PolicyMode = (typeof POLICY_MODES)[number]

/** Rules for everything that a run builds from. */
export interface Policy {
  /** Allowed sources of bases and other images: hosts, or hosts with a path, such as `ghcr.io/team`. */
  readonly registries?: readonly string[]
  /** Each base that is pulled must be signed by one of these. */
  readonly signers?: readonly SignerRequirement[]
  /** The oldest date in the config of a pulled base, as the time until now: `90d`. */
  readonly maxBaseAge?: string
  /** Whether bases past their end of life are allowed. Default true. */
  readonly allowEndOfLife?: boolean
  /** Whether images that are published may be built by emulation. Default true. */
  readonly allowEmulation?: boolean
  /** `enforce`: a violation fails the run before anything is built. `warn`: it is a note. Default `enforce`. */
  readonly mode?: PolicyMode
}

const NAMES: { readonly [Name in keyof Required<Policy>]: true } = {
  registries: true,
  signers: true,
  maxBaseAge: true,
  allowEndOfLife: true,
  allowEmulation: true,
  mode: true,
}

/** Reads the policy of a run. @throws DefinitionError USAGE with every issue */
export function readPolicy(policy: Policy): PolicyRules {
  const issues = isJsonObject(policy) ? policyIssues(policy) : [issue('policy', 'must be an object')]
  if (issues.length > 0) throw new DefinitionError(issues, 'USAGE')
  const { registries, signers, maxBaseAge, allowEndOfLife = true, allowEmulation = true, mode = 'enforce' } = policy
  return {
    ...(registries && { registries: registries.map(registryPrefix) }),
    ...(signers && { signers }),
    ...(maxBaseAge !== undefined && { maxBaseAge: parseDuration(maxBaseAge, 'policy.maxBaseAge') }),
    allowsEndOfLife: allowEndOfLife,
    allowsEmulation: allowEmulation,
    enforces: mode === 'enforce',
  }
}

function policyIssues(policy: { readonly [Name in keyof Policy]: unknown }): readonly Issue[] {
  const { registries, signers, maxBaseAge, allowEndOfLife, allowEmulation, mode } = policy
  const names = Object.keys(NAMES)
  const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0
  const isFlag = (value: unknown) => value === undefined || typeof value === 'boolean'
  const isMode = mode === undefined || POLICY_MODES.some((one) => one === mode)
  return [
    ...Object.keys(policy)
      .filter((name) => !names.includes(name))
      .map((name) => issue(`policy.${name}`, 'does not exist', suggest(name, names))),
    ...(registries === undefined || (isList(registries) && registries.every((one) => typeof one === 'string' && one))
      ? []
      : [issue('policy.registries', 'must be a list of hosts', "write ['docker.io', 'ghcr.io/team']")]),
    ...(signers === undefined || isList(signers) ? [] : [issue('policy.signers', 'must be a list')]),
    ...(isList(signers) ? signers : []).flatMap((signer, at) => {
      const wrong = signerIssue(signer)
      return wrong === undefined ? [] : [issue(`policy.signers[${at}]`, wrong)]
    }),
    ...(maxBaseAge === undefined || typeof maxBaseAge === 'string'
      ? []
      : [issue('policy.maxBaseAge', 'must be a duration', "write '90d'")]),
    ...(isFlag(allowEndOfLife) ? [] : [issue('policy.allowEndOfLife', 'must be true or false')]),
    ...(isFlag(allowEmulation) ? [] : [issue('policy.allowEmulation', 'must be true or false')]),
    ...(isMode ? [] : [issue('policy.mode', "must be 'warn' or 'enforce'")]),
  ]
}

function issue(path: string, message: string, hint?: string): Issue {
  return { path, message, ...(hint !== undefined && { hint }) }
}

/** Ends in a slash, so that `ghcr.io/team` does not allow `ghcr.io/teammate`. */
function registryPrefix(written: string): string {
  const [host = '', ...path] = written.split('/').filter((part) => part !== '')
  return `${[canonicalHost(host), ...path].join('/')}/`
}
