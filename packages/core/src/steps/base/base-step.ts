import type { BaseNode } from '../../graph/node.js'
import type { Digest } from '../../model/digest.js'
import { isForeign, isIndex, onePerDigest, type StoredManifest } from '../../model/oci.js'
import { formatReference, type Reference, repositoryOf } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { blobOf } from '../../registry/blobs/small-blob.js'
import { copyManifest } from '../../registry/copy/copy.js'
import { foreignNote } from '../../registry/copy/copy-content.js'
import type { ResolvedRootfs } from '../../rootfs/port.js'
import { rootfsImage } from '../../rootfs/rootfs-image.js'
import { checkCode } from '../code-check.js'
import { readBase } from '../image/image-parts.js'
import { keyReference } from '../key.js'
import type { PublishedState } from '../published-state.js'
import { inputOf, type Output, type Step, type StepCall, type StepServices, type Work } from '../step.js'
import { baseKey, checkedUnder } from './base-key.js'
import { type ResolvedBase, type ResolvedImageBase, resolveImageBase, resolveRootfs } from './base-resolution.js'
import { readCheckRecord, writeCheckRecord } from './check-record.js'
import { requireLockedBase, verifyLockedBase } from './locked-base.js'
import { type CheckedImage, checkImage } from './registry-base.js'

type BaseWork = Work<BaseNode, ResolvedBase>

/** Base of one platform, added to the shared base's repository: copied, or made from packages or an archive. */
export const baseStep: Step<BaseNode, ResolvedBase> = {
  async resolve(node, services, call) {
    const { source } = node
    switch (source.kind) {
      case 'registry':
        return resolveImageBase(node, source, services, call)
      case 'pipeline':
        return { kind: 'pipeline' }
      default:
        return { kind: 'rootfs', rootfs: await resolveRootfs(node, source, services, call) }
    }
  },

  upstream({ source }, resolved) {
    if (source.kind !== 'registry' || resolved.kind !== 'image') return []
    const { index, chosen } = resolved
    return [{ name: source.reference, index, image: chosen.descriptor.digest, isBase: true }]
  },
  decidedBy: ({ source, needs }) => (source.kind === 'pipeline' ? needs.slice(0, 1) : []),

  key: baseKey,

  predict: predictBase,

  async lookup(work, services, call) {
    const { node, key, resolved } = work
    const output = work.predicted
    const [found, checked] = await Promise.all([
      services.registry.resolve(placeOf(work), { ...call, fresh: true }),
      resolved.kind === 'image' ? readCheckRecord(services.registry, node.repository, key, call) : undefined,
    ])
    const isIt = found !== undefined && (output === undefined || found.digest === output.descriptor.digest)
    const isChecked = resolved.kind !== 'image' || (checked !== undefined && checked.digest === found?.digest)
    return isIt && isChecked ? { state: 'present', output: baseOutput(node, found) } : { state: 'absent' }
  },

  async verify({ node, resolved }, services, call) {
    if (resolved.kind === 'image') await verifyLockedBase(node, resolved, services, call)
  },

  async explain(work, { registry }, call) {
    const from = await previousBase(work.previous, registry, call)
    const to = predictBase(work)?.descriptor.digest
    if (from === undefined || from === to) return [{ kind: 'absent' }]
    return [{ kind: 'base-moved', from, ...(to !== undefined && { to }) }]
  },

  perform(work, services, call) {
    const { resolved } = work
    if (resolved.kind === 'rootfs') return makeRootfs(work, resolved.rootfs, services, call)
    return resolved.kind === 'image'
      ? copyImage(work, resolved.chosen, services, call)
      : copyFromPipeline(work, services, call)
  },
}

function baseOutput(
  { repository, platform }: BaseNode,
  { mediaType, digest, size }: StoredManifest['descriptor'],
): Output {
  return { reference: { ...repositoryOf(repository), digest }, descriptor: { mediaType, digest, size, platform } }
}

/** Only bases made from packages or an archive are not known in advance. */
function predictBase({ node, resolved, inputs }: BaseWork): Output | undefined {
  switch (resolved.kind) {
    case 'image':
      return baseOutput(node, resolved.descriptor)
    case 'pipeline':
      return baseOutput(node, pipelineImage(node, inputs).descriptor)
    case 'rootfs':
      return undefined
  }
}

/**
 * Returns the reference under which the base is written and looked up: its digest if known, unless it must have a tag.
 */
function placeOf(work: BaseWork): Reference {
  const { node, key } = work
  const output = node.keepsKeyTag ? undefined : (work.predicted ?? predictBase(work))
  return output?.reference ?? keyReference(node.repository, key)
}

/** Returns the base that the published image uses. */
async function previousBase(
  { image }: PublishedState,
  registry: StepServices['registry'],
  call: StepCall,
): Promise<Digest | undefined> {
  const found = image && (await registry.getManifest(image.reference, call))
  return readBase(found?.content.annotations)
}

async function copyImage(
  work: BaseWork,
  chosen: ResolvedImageBase['chosen'],
  services: StepServices,
  call: StepCall,
): Promise<Output> {
  const { registry } = services
  const { node } = work
  if (node.source.kind !== 'registry') throw new TypeError('a pulled base has a registry source')
  const { reference, codePolicy } = node.source
  const checked = await checkImage(chosen, { source: node.source, platform: node.platform }, services, call)
  const { manifest, config, corrected } = checked
  requireLocked(work, checked)
  if (isIndex(manifest.content)) throw new TypeError('a base is a single image')
  const output = baseOutput(node, manifest.descriptor)
  const { config: descriptor, layers } = manifest.content
  if (corrected !== undefined) {
    await registry.writeBlob(node.repository, blobOf(corrected, descriptor.mediaType), call)
  }
  for (const layer of layers.filter(isForeign))
    call.onEvent?.({ kind: 'note', message: foreignNote(chosen.reference, layer) })
  const blobs = [...(corrected === undefined ? [descriptor] : []), ...layers].filter((blob) => !isForeign(blob))
  await allOrNone(onePerDigest(blobs), call, (blob, own) =>
    registry.copyBlob(chosen.reference, node.repository, blob, { ...call, ...own }),
  )
  const { repository, platform } = node
  const what = `base ${formatReference(reference)}`
  await checkCode(
    { what, repository, manifest: manifest.content, config, platform, policy: codePolicy },
    services,
    call,
  )
  await registry.putManifest(placeOf(work), manifest, call)
  await writeCheckRecord(
    registry,
    repository,
    { key: work.key, base: output.descriptor, policies: Object.values(checkedUnder(node.source)) },
    call,
  )
  return output
}

/** Requires that the registry has the locked values of a base, since keys are computed from them. */
function requireLocked({ node, resolved }: BaseWork, { manifest, corrected, states }: CheckedImage): void {
  if (resolved.kind !== 'image' || resolved.locked === undefined) return
  requireLockedBase(node, resolved.locked, { ...(corrected === undefined && { image: manifest.descriptor }), states })
}

async function copyFromPipeline(work: BaseWork, { registry }: StepServices, call: StepCall): Promise<Output> {
  const { node, inputs } = work
  const image = pipelineImage(node, inputs)
  await copyManifest(registry, image.reference, placeOf(work), call)
  return baseOutput(node, image.descriptor)
}

function pipelineImage({ needs: [need = ''] }: BaseNode, inputs: BaseWork['inputs']): Output {
  return inputOf(inputs, need)
}

async function makeRootfs(
  { node, key }: BaseWork,
  resolved: ResolvedRootfs,
  services: StepServices,
  call: StepCall,
): Promise<Output> {
  const { registry, rootfs } = services
  const layer = await rootfs.make(resolved, call)
  const { platform, repository } = node
  const { config, content, manifest } = rootfsImage(layer, platform, resolved.epoch)
  await allOrNone([layer.blob, config], call, (blob, own) =>
    registry.writeBlob(node.repository, blob, { ...call, ...own }),
  )
  const what = `the root file system of ${node.id}`
  await checkCode({ what, repository, manifest: manifest.content, config: content, platform }, services, call)
  const output = baseOutput(node, manifest.descriptor)
  await registry.putManifest(keyReference(repository, key), manifest, call)
  await writeCheckRecord(registry, repository, { key, base: output.descriptor, policies: ['require-match'] }, call)
  return output
}
