import type { ImageFormat } from '../definition/declaration.js'
import type { ChildNode, Node } from '../graph/node.js'
import { type Descriptor, encodeManifest, MEDIA_TYPES, type StoredManifest } from '../model/oci.js'
import type { PlanReason } from '../model/plan-reason.js'
import type { Reference, Repository } from '../model/reference.js'
import { keyOf, keyReference } from './key.js'
import type { Finding } from './step.js'
import { type Inputs, inputOf, type Output, type StepCall, type Work, type World } from './step.js'

/** The index over the children's results, without optional ones that have none: canonical bytes, so known with them. */
export function indexManifest(children: readonly ChildNode[], inputs: Inputs, format: ImageFormat): StoredManifest {
  const present = children.filter(({ node, optional }) => !optional || inputs.has(node))
  const manifests = present.map(({ node, platform }) => entry(inputOf(inputs, node).descriptor, platform, format))
  const mediaType = format === 'docker' ? MEDIA_TYPES.dockerManifestList : MEDIA_TYPES.ociIndex
  return encodeManifest({ schemaVersion: 2, manifests }, mediaType)
}

/** Docker's lists know no annotations. */
function entry(child: Descriptor, platform: Descriptor['platform'], format: ImageFormat): Descriptor {
  const { mediaType, digest, size, annotations } = child
  const plain = { mediaType, digest, size, ...(platform !== undefined && { platform }) }
  return format === 'docker' || annotations === undefined ? plain : { ...plain, annotations }
}

type AnyIndexNode = Extract<Node, { readonly children: readonly ChildNode[] }>
type AnyIndexWork = Work<AnyIndexNode, undefined>

/** Key of an index: that of its bytes. */
export function indexKey(node: AnyIndexNode, inputs: Inputs, format: ImageFormat): string {
  return keyOf('index', { digest: indexManifest(node.children, inputs, format).descriptor.digest })
}

/** What the index is. */
export function predictIndex({ node, inputs }: AnyIndexWork, format: ImageFormat): Output {
  return indexOutput(node.repository, indexManifest(node.children, inputs, format))
}

/** Whether the index is in its repository; where the published name points to it, nobody need be asked. */
export async function lookupIndex(
  work: AnyIndexWork,
  format: ImageFormat,
  { registry }: World,
  call: StepCall,
): Promise<Finding> {
  const output = predictIndex(work, format)
  const isPublished = work.former.index?.digest === output.descriptor.digest
  const found = isPublished ? output.descriptor : await registry.resolve(placeOf(work, output), call)
  return found?.digest === output.descriptor.digest ? { state: 'present', output } : { state: 'absent' }
}

/** An index is new, or lists something else. */
export async function explainIndex({ former }: AnyIndexWork): Promise<readonly PlanReason[]> {
  return [{ kind: former.index === undefined ? 'absent' : 'content-changed' }]
}

/** Puts the index by its digest, or under its key tag: no tag moves. */
export async function performIndex(
  work: AnyIndexWork,
  format: ImageFormat,
  { registry }: World,
  call: StepCall,
): Promise<Output> {
  const { node, inputs } = work
  const manifest = indexManifest(node.children, inputs, format)
  const output = indexOutput(node.repository, manifest)
  await registry.putManifest(placeOf(work, output), manifest, call)
  return output
}

/** What the index is put as, and found by. */
function placeOf({ node, key }: AnyIndexWork, { reference }: Output): Reference {
  return node.kind === 'base-index' && node.keepsKeyTag ? keyReference(node.repository, key) : reference
}

function indexOutput({ registry, repository }: Repository, { descriptor, content }: StoredManifest): Output {
  const children = 'manifests' in content ? content.manifests : []
  return { reference: { registry, repository, digest: descriptor.digest }, descriptor, children }
}
