import { isDeepStrictEqual } from 'node:util'
import type { RegistryBaseDefinition } from '../../definition/definition.js'
import type { MadeBase } from '../../definition/plugin/base-source.js'
import type { BaseNode } from '../../graph/node.js'
import type { LockedBase, LockedSigner } from '../../lock/lock-entry.js'
import type { Digest } from '../../model/digest.js'
import type { Descriptor } from '../../model/oci.js'
import { formatReference, repositoryOf } from '../../model/reference.js'
import type { ResolvedRootfs } from '../../rootfs/port.js'
import type { StepCall, StepServices, UpstreamImage } from '../step.js'
import { type ChosenImage, checkImage, chooseImage, comparePlatform } from './registry-base.js'
import { requireSigned } from './signed-base.js'

/** A pulled base, resolved. */
export interface ResolvedImageBase {
  readonly kind: 'image'
  readonly chosen: ChosenImage
  /** Digest of the index that lists it, or its own digest. */
  readonly index: Digest
  /** The descriptor in the repository of the shared base. */
  readonly descriptor: Descriptor
  /** The line of the lock that pins it. */
  readonly locked?: LockedBase
}

/** The resolved state of a base, by its kind. */
export type ResolvedBase =
  | ResolvedImageBase
  | { readonly kind: 'rootfs'; readonly rootfs: ResolvedRootfs }
  | { readonly kind: 'pipeline' }

/**
 * Resolves the image of a reference for a platform, by the lock or from its registry, and verifies it.
 *
 * @throws RegistryError NOT_FOUND, PLATFORM_MISSING, PLATFORM_MISMATCH, SIGNATURE_MISSING; DefinitionError
 * LOCK_INCOMPLETE
 */
export async function resolveImageBase(
  node: BaseNode,
  source: RegistryBaseDefinition,
  services: StepServices,
  call: StepCall,
): Promise<ResolvedImageBase> {
  const declared = { ...node, source }
  const locked = services.lock.find('base', formatReference(source.reference), node.platform)
  if (locked !== undefined) {
    const signer = await requireSigner(source, { index: locked.index, image: locked.image.digest }, services, call)
    services.lock.checkSigner(locked, signer)
    return resolveLocked(declared, locked, services, call)
  }
  const { index, ...chosen } = await chooseImage(source, node.platform, services.upstream, call)
  const signer = await requireSigner(source, { index, image: chosen.descriptor.digest }, services, call)
  const { resolved, states } = await resolveLive(declared, { ...chosen, index }, services, call)
  const { mediaType, digest, size } = chosen.descriptor
  services.lock.record({
    kind: 'base',
    name: formatReference(source.reference),
    platform: node.platform,
    index,
    image: { mediaType, digest, size },
    ...(states !== undefined && { states }),
    policy: source.configPolicy,
    ...(signer && { signer }),
  })
  return resolved
}

/** A base node whose image is pulled. */
type PulledBase = Pick<BaseNode, 'repository' | 'platform'> & { readonly source: RegistryBaseDefinition }

async function requireSigner(
  { reference, verify }: RegistryBaseDefinition,
  image: Pick<UpstreamImage, 'index' | 'image'>,
  services: StepServices,
  call: StepCall,
): Promise<LockedSigner | undefined> {
  if (verify === undefined) return undefined
  await requireSigned({ name: reference, ...image }, verify, services, call)
  if (!('key' in verify)) return { identity: verify.identity, issuer: verify.issuer }
  return { fingerprint: await services.signatures.fingerprint(verify) }
}

async function resolveLive(
  base: PulledBase,
  { index, ...chosen }: ChosenImage & Pick<ResolvedImageBase, 'index'>,
  services: StepServices,
  call: StepCall,
) {
  const asPublished = { ...repositoryOf(base.repository), digest: chosen.descriptor.digest }
  const copied = await services.registry.getManifest(asPublished, call)
  // Checks the copy, which may have been made under another policy. Reading the copy saves requests to the source.
  const there = copied === undefined ? chosen : { ...chosen, reference: asPublished, manifest: copied }
  const checked = await checkImage(there, base, services, call)
  const { manifest, note, states } = checked
  if (note !== undefined) call.onEvent?.({ kind: 'note', message: note })
  const { descriptor } = manifest
  const resolved: ResolvedImageBase = { kind: 'image', chosen, index, descriptor }
  return { resolved, states }
}

/** Compares the locked config with the platform. Reads the registry only if the config must be corrected. */
async function resolveLocked(
  base: PulledBase,
  locked: LockedBase,
  services: StepServices,
  call: StepCall,
): Promise<ResolvedImageBase> {
  const { source, platform } = base
  const { image, index, states } = locked
  const chosen = { reference: { ...repositoryOf(source.reference), digest: image.digest }, descriptor: image }
  const { note, isWrong } = comparePlatform(states, source, platform)
  if (isWrong && source.configPolicy === 'fix-config') {
    return { ...(await resolveLive(base, { ...chosen, index }, services, call)).resolved, locked }
  }
  if (note !== undefined) call.onEvent?.({ kind: 'note', message: note })
  return { kind: 'image', chosen, index, descriptor: image, locked }
}

/** Resolves the inputs of a root file system, by its source, the lock or its archive. */
export async function resolveRootfs(
  { platform }: BaseNode,
  base: MadeBase,
  { rootfs, lock }: StepServices,
  call: StepCall,
): Promise<ResolvedRootfs> {
  const [by, name] = [base.by.name, base.by.lockName(base.source)]
  const locked = lock.findArchive(by, name, platform)
  // A state that build.ts itself determines has precedence over the locked one.
  const resolved = await rootfs.resolve(base, call, locked?.state)
  if (!isDeepStrictEqual(resolved.state, locked?.state)) {
    lock.record({ kind: 'archive', by, name, platform, state: resolved.state })
  }
  return resolved
}
