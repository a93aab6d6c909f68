import { Readable } from 'node:stream'
import type { BaseNode } from '../graph/node.js'
import { isIndex, type StoredManifest } from '../model/oci.js'
import { repositoryOf } from '../model/reference.js'
import { copyManifest } from '../registry/copy.js'
import type { ResolvedRootfs } from '../rootfs/port.js'
import { rootfsImage } from '../rootfs/rootfs-image.js'
import { keyOf, keyReference } from './key.js'
import { type ChosenImage, checkImage, chooseImage } from './registry-base.js'
import { type Finding, inputOf, type Output, type Step, type StepCall, type Work, type World } from './step.js'

/** What is known of a base from outside: by its kind. */
export type ResolvedBase =
  | { readonly kind: 'image'; readonly chosen: ChosenImage }
  | { readonly kind: 'rootfs'; readonly rootfs: ResolvedRootfs }
  | { readonly kind: 'pipeline' }

type BaseWork = Work<BaseNode, ResolvedBase>

/** One platform's base, brought into the repository of the shared base: copied, or made from packages or an archive. */
export const baseStep: Step<BaseNode, ResolvedBase> = {
  async resolve({ source, platform }, { registry, rootfs }, call) {
    switch (source.kind) {
      case 'registry':
        return { kind: 'image', chosen: await chooseImage(source, platform, registry, call) }
      case 'pipeline':
        return { kind: 'pipeline' }
      default:
        return { kind: 'rootfs', rootfs: await rootfs.resolve(source, call) }
    }
  },

  key({ source, platform, needs }, resolved, inputs) {
    if (resolved.kind === 'rootfs') return keyOf('base', { platform, inputs: resolved.rootfs.inputs })
    const [need = ''] = needs
    const { digest } = resolved.kind === 'image' ? resolved.chosen.descriptor : inputOf(inputs, need).descriptor
    return keyOf('base', { platform, digest, ...('configPolicy' in source && { configPolicy: source.configPolicy }) })
  },

  lookup(work, world, call) {
    const { resolved } = work
    if (resolved.kind === 'rootfs') return lookupByKey(work, world, call)
    return resolved.kind === 'image'
      ? lookupImage(work, resolved.chosen, world, call)
      : lookupPipeline(work, world, call)
  },

  perform(work, world, call) {
    const { resolved } = work
    if (resolved.kind === 'rootfs') return makeRootfs(work, resolved.rootfs, world, call)
    return resolved.kind === 'image'
      ? copyImage(work, resolved.chosen, world, call)
      : copyFromPipeline(work, world, call)
  },
}

function baseOutput(
  { repository, platform }: BaseNode,
  { mediaType, digest, size }: StoredManifest['descriptor'],
): Output {
  return { reference: { ...repositoryOf(repository), digest }, descriptor: { mediaType, digest, size, platform } }
}

async function lookupByKey({ node, key }: BaseWork, { registry }: World, call: StepCall): Promise<Finding> {
  const found = await registry.resolve(keyReference(node.repository, key), call)
  return found === undefined ? { state: 'absent' } : { state: 'present', output: baseOutput(node, found) }
}

async function lookupImage(
  { node }: BaseWork,
  chosen: ChosenImage,
  { registry }: World,
  call: StepCall,
): Promise<Finding> {
  if (node.source.kind !== 'registry') throw new TypeError('a pulled base has a registry source')
  const asPublished = baseOutput(node, chosen.descriptor)
  const copied = await registry.resolve(asPublished.reference, call)
  // Checked there too, for it may have been copied under another policy; and the copy is read, which costs the source nothing.
  const { reference } = copied === undefined ? chosen : asPublished
  const { manifest, config, note } = await checkImage(
    { ...chosen, reference },
    node.source,
    node.platform,
    registry,
    call,
  )
  if (note !== undefined) call.onEvent?.({ kind: 'note', message: note })
  const output = baseOutput(node, manifest.descriptor)
  const found = config === undefined ? copied : await registry.resolve(output.reference, call)
  return found === undefined ? { state: 'absent', predicted: output } : { state: 'present', output }
}

async function copyImage(
  { node }: BaseWork,
  chosen: ChosenImage,
  { registry }: World,
  call: StepCall,
): Promise<Output> {
  if (node.source.kind !== 'registry') throw new TypeError('a pulled base has a registry source')
  const { manifest, config } = await checkImage(chosen, node.source, node.platform, registry, call)
  const output = baseOutput(node, manifest.descriptor)
  if (config === undefined) {
    await copyManifest(registry, chosen.reference, output.reference, {}, call)
    return output
  }
  if (isIndex(manifest.content)) throw new TypeError('a corrected base is a single image')
  const { config: configDescriptor, layers } = manifest.content
  const open = () => Readable.from([config])
  await Promise.all([
    registry.writeBlob(node.repository, { descriptor: configDescriptor, open }, call),
    ...layers.map((layer) => registry.copyBlob(chosen.reference, node.repository, layer, call)),
  ])
  await registry.putManifest(output.reference, manifest, call)
  return output
}

async function lookupPipeline({ node, inputs }: BaseWork, { registry }: World, call: StepCall): Promise<Finding> {
  const output = baseOutput(node, pipelineImage(node, inputs).descriptor)
  const found = await registry.resolve(output.reference, call)
  return found === undefined ? { state: 'absent', predicted: output } : { state: 'present', output }
}

async function copyFromPipeline({ node, inputs }: BaseWork, { registry }: World, call: StepCall): Promise<Output> {
  const image = pipelineImage(node, inputs)
  const output = baseOutput(node, image.descriptor)
  await copyManifest(registry, image.reference, output.reference, {}, call)
  return output
}

function pipelineImage({ needs: [need = ''] }: BaseNode, inputs: BaseWork['inputs']): Output {
  return inputOf(inputs, need)
}

async function makeRootfs(
  { node, key }: BaseWork,
  resolved: ResolvedRootfs,
  { registry, rootfs }: World,
  call: StepCall,
): Promise<Output> {
  const layer = await rootfs.make(resolved, call)
  const { config, manifest } = rootfsImage(layer, node.platform, resolved.epoch)
  await Promise.all([
    registry.writeBlob(node.repository, layer.blob, call),
    registry.writeBlob(node.repository, config, call),
  ])
  await registry.putManifest(keyReference(node.repository, key), manifest, call)
  return baseOutput(node, manifest.descriptor)
}
