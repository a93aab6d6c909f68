import type { ImageFormat } from '../../definition/declare/declaration.js'
import type { ChildNode, Node } from '../../graph/node.js'
import { type Annotations, type Descriptor, encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../model/oci.js'
import type { Platform } from '../../model/platform.js'
import type { Reference, Repository } from '../../model/reference.js'
import type { PlanReason } from '../../model/run/plan-reason.js'
import type { Registry } from '../../registry/port.js'
import { isEqualResult } from '../equal-result.js'
import { keyOf, keyReference } from '../key.js'
import type { LookupResult } from '../step.js'
import { type Inputs, inputOf, type Output, type StepCall, type StepServices, type Work } from '../step.js'

/** Properties of an index other than its entries. */
export interface IndexForm {
  readonly format: ImageFormat
  readonly annotations?: Annotations
  /**
   * Annotations of its origin: written to a new index, but a change of them does not cause one. Undefined if unknown.
   */
  readonly origin?: Readonly<Record<string, string | undefined>>
}

type AnyIndexNode = Extract<Node, { readonly children: readonly ChildNode[] }>
type AnyIndexWork = Pick<Work<AnyIndexNode, unknown>, 'node' | 'inputs' | 'key' | 'previous' | 'predicted'>

/**
 * The index of the children's results, without optional children that have none. Its bytes are canonical, so its digest
 * is known in advance.
 */
function indexManifest({ node, inputs, previous }: Omit<AnyIndexWork, 'key'>, form: IndexForm): StoredManifest {
  const plain = plainManifest(node.children, inputs, form)
  if (form.origin === undefined) return plain
  const isUnchanged = previous.index && withoutOrigin(previous.index, form.origin) === plain.descriptor.digest
  if (previous.index && isUnchanged) return previous.index
  const known = Object.entries(form.origin).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  const annotations = { ...Object.fromEntries(known), ...form.annotations }
  return plainManifest(node.children, inputs, { ...form, annotations })
}

function plainManifest(
  children: readonly ChildNode[],
  inputs: Inputs,
  { format, annotations = {} }: IndexForm,
): StoredManifest {
  const present = children.filter(({ node, optional }) => !optional || inputs.has(node))
  const images = present.map(({ node, platform }) => entry(inputOf(inputs, node).descriptor, platform, format))
  // After the images, as with buildx: clients use the first matching entry.
  const manifests = [...images, ...present.flatMap(({ node }) => listedAttestation(inputOf(inputs, node)))]
  const mediaType = format === 'docker' ? MEDIA_TYPES.dockerManifestList : MEDIA_TYPES.ociIndex
  const annotated = Object.keys(annotations).length > 0 ? { annotations } : {}
  return encodeManifest({ schemaVersion: 2, manifests, ...annotated }, mediaType)
}

function listedAttestation({ attestation }: Output): readonly Descriptor[] {
  return attestation?.isListed ? [attestation.descriptor] : []
}

/** Docker's manifest lists have no annotations. */
function entry(child: Descriptor, platform: Platform, format: ImageFormat): Descriptor {
  const { mediaType, digest, size, annotations } = child
  const plain = { mediaType, digest, size, platform }
  return format === 'docker' || annotations === undefined ? plain : { ...plain, annotations }
}

/** The digest that an index would have without these annotations. */
function withoutOrigin({ content, descriptor }: StoredManifest, origin: NonNullable<IndexForm['origin']>) {
  const { annotations = {}, ...rest } = content
  const left = Object.entries(annotations).filter(([name]) => !Object.hasOwn(origin, name))
  const annotated = left.length > 0 ? { annotations: Object.fromEntries(left) } : {}
  return encodeManifest({ ...rest, ...annotated }, descriptor.mediaType).descriptor.digest
}

/** Key of an index: the hash of its bytes without its origin. */
export function indexKey(node: AnyIndexNode, inputs: Inputs, form: IndexForm): string {
  return keyOf('index', { digest: plainManifest(node.children, inputs, form).descriptor.digest })
}

/** Computes the index. */
export function predictIndex(work: AnyIndexWork, form: IndexForm): Output {
  return indexOutput(work.node.repository, indexManifest(work, form))
}

/**
 * Checks whether the index is in its repository; if the published name points to it, no request is needed. A published
 * index of equal images is kept: a concurrent run may have published it.
 */
export async function lookupIndex(
  work: AnyIndexWork,
  form: IndexForm,
  { registry }: StepServices,
  call: StepCall,
): Promise<LookupResult> {
  const output = work.predicted ?? predictIndex(work, form)
  const isPublished = work.previous.index?.descriptor.digest === output.descriptor.digest
  const found = isPublished ? output.descriptor : await registry.resolve(placeOf(work, output), call)
  if (found?.digest === output.descriptor.digest) return { state: 'present', output }
  const equal = await findEqualIndex(work, form, registry, call)
  return equal === undefined ? { state: 'absent' } : { state: 'present', output: equal }
}

async function findEqualIndex(
  work: AnyIndexWork,
  form: IndexForm,
  registry: Registry,
  call: StepCall,
): Promise<Output | undefined> {
  const { repository } = work.node
  const { index } = work.previous
  if (index === undefined) return undefined
  const next = indexManifest(work, form)
  if (!(await isEqualResult({ current: index, next }, repository, registry, call))) return undefined
  const output = indexOutput(repository, index)
  const found = await registry.resolve(placeOf(work, output), call)
  return found?.digest === output.descriptor.digest ? output : undefined
}

/** Explains an index: it is new, or its entries differ. */
export async function explainIndex({ previous }: AnyIndexWork): Promise<readonly PlanReason[]> {
  return [{ kind: previous.index === undefined ? 'absent' : 'content-changed' }]
}

/** Puts the index by its digest, or under its key tag: no tag moves. */
export async function performIndex(
  work: AnyIndexWork,
  form: IndexForm,
  { registry }: StepServices,
  call: StepCall,
): Promise<Output> {
  const manifest = indexManifest(work, form)
  const output = indexOutput(work.node.repository, manifest)
  await registry.putManifest(placeOf(work, output), manifest, call)
  return output
}

/** Returns the reference under which the index is written and looked up. */
function placeOf({ node, key }: AnyIndexWork, { reference }: Output): Reference {
  return node.kind === 'base-index' && node.keepsKeyTag ? keyReference(node.repository, key) : reference
}

function indexOutput({ registry, repository }: Repository, { descriptor, content }: StoredManifest): Output {
  const children = 'manifests' in content ? content.manifests : []
  return { reference: { registry, repository, digest: descriptor.digest }, descriptor, children }
}
