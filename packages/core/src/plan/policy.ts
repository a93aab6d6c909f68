import { formatSigner, type SignerRequirement } from '../definition/plugin/signer-requirement.js'
import { DefinitionError, type Issue } from '../model/errors.js'
import { isIndex } from '../model/oci.js'
import { formatReference, formatRepository, repositoryOf } from '../model/reference.js'
import { allOrNone } from '../registry/all-or-none.js'
import { readImageConfig } from '../registry/image-config.js'
import { findSigner } from '../steps/base/signed-base.js'
import { parseDate } from '../steps/created-date.js'
import type { StepCall, StepServices, UpstreamImage } from '../steps/step.js'
import type { NodeState } from './evaluate.js'

/** Rules for everything that a run builds from. */
export interface PolicyRules {
  /** Prefixes of the repositories that images may come from, with a slash at the end. */
  readonly registries?: readonly string[]
  readonly signers?: readonly SignerRequirement[]
  /** In milliseconds. */
  readonly maxBaseAge?: number
  readonly allowsEndOfLife: boolean
  readonly allowsEmulation: boolean
  /** Whether a violation is an error, rather than a note. */
  readonly enforces: boolean
}

/** Input of the evaluation of a policy. */
export interface PolicyInput {
  readonly nodes: readonly NodeState[]
  /** Bases past their end of life. */
  readonly ended: readonly Issue[]
  /** Ids of images that would be built by emulation, and published. */
  readonly emulated: readonly string[]
}

/** Finds every violation of a policy. Reads only. */
export async function policyViolations(
  rules: PolicyRules,
  { nodes, ended, emulated }: PolicyInput,
  services: StepServices,
  call: StepCall,
): Promise<readonly Issue[]> {
  const images = await allOrNone(nodes, call, async ({ node, resolved }, { signal }) => {
    const found = resolved.upstream.map((image) =>
      violationsOf({ ...image, path: node.id }, rules, services, { signal }),
    )
    return (await Promise.all(found)).flat()
  })
  return [
    ...images.flat(),
    ...(rules.allowsEndOfLife ? [] : ended),
    ...(rules.allowsEmulation ? [] : emulated.map(emulationIssue)),
  ]
}

/** The error for one violation. */
export function violationError(issue: Issue): DefinitionError {
  return new DefinitionError([issue], 'POLICY_VIOLATED')
}

type UsedImage = UpstreamImage & { readonly path: string }

async function violationsOf(
  image: UsedImage,
  rules: PolicyRules,
  services: StepServices,
  call: StepCall,
): Promise<readonly Issue[]> {
  const found = [
    registryIssue(image, rules),
    ...(image.isBase
      ? await Promise.all([signerIssue(image, rules, services, call), ageIssue(image, rules, services, call)])
      : []),
  ]
  return found.filter((issue) => issue !== undefined)
}

function registryIssue({ path, name }: UsedImage, { registries }: PolicyRules): Issue | undefined {
  const repository = `${formatRepository(name)}/`
  if (registries === undefined || registries.some((prefix) => repository.startsWith(prefix))) return undefined
  const allowed = registries.map((prefix) => prefix.slice(0, -1)).join(', ')
  const message = `the policy does not allow images from ${formatRepository(name)}`
  return { path, message, hint: `it allows ${allowed}` }
}

async function signerIssue(
  { path, ...image }: UsedImage,
  { signers }: PolicyRules,
  services: StepServices,
  call: StepCall,
): Promise<Issue | undefined> {
  if (signers === undefined || (await findSigner(image, signers, services, call)) !== undefined) return undefined
  const message = `base ${formatReference(image.name)} has no signature of a signer that the policy allows`
  return { path, message, hint: `it allows ${signers.map(formatSigner).join(' and ')}` }
}

async function ageIssue(
  { path, name, image }: UsedImage,
  { maxBaseAge }: PolicyRules,
  { registry, now }: StepServices,
  call: StepCall,
): Promise<Issue | undefined> {
  if (maxBaseAge === undefined) return undefined
  const reference = { ...repositoryOf(name), digest: image }
  const manifest = await registry.getManifest(reference, call)
  const isImage = manifest !== undefined && !isIndex(manifest.content)
  const created = isImage ? (await readImageConfig(registry, reference, manifest.content, call)).created : undefined
  const date = parseDate(created)
  if (date !== undefined && now.getTime() - date <= maxBaseAge) return undefined
  const base = `base ${formatReference(name)}`
  const message =
    date === undefined
      ? `${base} has no date, and the policy limits its age`
      : `${base} is of ${new Date(date).toISOString()}, older than the policy allows`
  return { path, message, hint: 'use a newer image of the base, and update the lock if there is one' }
}

function emulationIssue(node: string): Issue {
  const message = 'it would be built by emulation, which the policy does not allow'
  return { path: node, message, hint: 'add a builder that runs the platform natively: --builder' }
}
