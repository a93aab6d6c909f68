import { normalizedText } from '../../dockerfile/syntax/normalized-text.js'
import type { ImageNode } from '../../graph/node.js'
import { DefinitionError } from '../../model/errors.js'
import { type Annotations, type Descriptor, type ImageConfig, isIndex, type StoredManifest } from '../../model/oci.js'
import { parseReference, repositoryOf } from '../../model/reference.js'
import type { PlanReason } from '../../model/run/plan-reason.js'
import { withoutLeftOut } from '../annotations.js'
import { checkCode } from '../code-check.js'
import { KEY_ANNOTATION, keyReference } from '../key.js'
import {
  type Attestation,
  inputOf,
  type LookupResult,
  type Output,
  type Step,
  type StepCall,
  type StepServices,
  type Work,
} from '../step.js'
import { findAttestation, keepAttestation } from './attestation/attestation.js'
import { type AttestedBuild, imageStatements } from './attestation/image-statements.js'
import type { ResolvedImage } from './build-request.js'
import { checkBuiltImage, isComplete, keptManifest, readPushedImage } from './built-image.js'
import { noteGitFolder, pinnedImages, resolveContexts } from './context/resolved-context.js'
import { type PushedImage, pushImage } from './image-build.js'
import { explainImage, partsOf, recordContext } from './image-explanation.js'
import { decidingNodes, imageKey } from './image-key.js'
import { encodeParts, PARTS_ANNOTATION } from './image-parts.js'
import { noCacheIssues } from './no-cache-stages.js'
import { rebuiltManifest } from './rebuilt-image.js'
import { noteMissingSecrets, secretIssues } from './secrets/mounted-secrets.js'
import { pinImage, verifyPinnedImages } from './sources/pinned-image.js'
import { sourceChanges, unusedArgsChange } from './sources/source-changes.js'
import { encodeSources, readSources, SOURCES_ANNOTATION, type SourceRecord } from './sources/source-record.js'
import { noteUnpinned, noteUnverifiable, unpinnedIssues } from './sources/unpinned-content.js'

type ImageWork = Work<ImageNode, ResolvedImage>

/** Image of one platform: built by the builder, pushed under its key tag, stored in the pipeline's format. */
export const imageStep: Step<ImageNode, ResolvedImage> = {
  async resolve(node, services, call) {
    const { build, platform, pipelineImages } = node
    const { context, dockerfile, analysis } = await services.contexts.dockerfile(node, call.signal)
    const issues = [
      ...analysis.issues,
      ...unpinnedIssues(analysis, build.unpinned),
      ...secretIssues(analysis, build),
      ...noCacheIssues(dockerfile, build),
    ]
    if (issues.length > 0) {
      const { file } = context.dockerfile
      throw new DefinitionError(
        issues.map(({ line, message, hint }) => ({
          path: line === undefined ? file : `${file}:${line}`,
          message,
          hint,
        })),
      )
    }
    const made = new Set(pipelineImages.map(({ name }) => name))
    const others = analysis.externals.filter(({ name }) => !made.has(name))
    const [hash, listing, images, contexts] = await Promise.all([
      services.contexts.inputHash(build.keySecret),
      context.select(analysis.contextPaths, call.signal),
      Promise.all(others.map((image) => pinImage(image, platform, services, call))),
      resolveContexts(node, { contexts: analysis.contexts, dockerfile: context.dockerfile.file }, services, call),
    ])
    noteUnpinned(analysis, context, build.unpinned, call)
    if (build.context.kind === 'directory') noteGitFolder(context.directory, listing, call)
    noteMissingSecrets(analysis, build, context.dockerfile.file, call)
    const { epoch } = services.contexts
    const dockerfileInKey = normalizedText(dockerfile)
    return {
      context,
      listing,
      analysis,
      dockerfileInKey,
      images,
      contexts,
      hash,
      ...(analysis.usesEpoch && epoch !== undefined && { epoch }),
    }
  },

  unpinned: ({ build }, { analysis }) => ({
    sources: analysis.unpinned.map(({ text }) => text),
    remade: build.unpinned === 'rebuild' && analysis.unpinned.length > 0,
  }),

  upstream: (_node, resolved) =>
    pinnedImages(resolved).flatMap(({ name, index, image }) => {
      const reference = parseReference(name)
      return reference === undefined ? [] : [{ name: reference, index, image, isBase: false }]
    }),

  // The triggers of a layout's image are not read.
  runsOnBuilderOnly: ({ analysis, contexts }) =>
    analysis.runsOnBuilderOnly && !contexts.some(({ kind }) => kind === 'layout'),

  decidedBy: decidingNodes,

  key: imageKey,

  async lookup(work, services, call): Promise<LookupResult> {
    const output = await findReusable(work, services, call)
    return output === undefined ? { state: 'absent' } : { state: 'present', output }
  },

  explain: explainImage,

  async perform(work, services, call) {
    await verifyPinnedImages(pinnedImages(work.resolved), services, call)
    const base = checkedBase(work, services, call)
    // Read during the build; `keep` throws its errors.
    base.catch(() => {})
    // Written while the image is built: docker's manifests cannot lead to a record.
    const recorded = work.node.format === 'oci' ? recordContext(work, services, call) : Promise.resolve()
    // `pushImage` throws what fails here.
    recorded.catch(() => {})
    // While the image is built, and after the requests: loading blocks.
    Promise.allSettled([base, recorded]).then(() => services.code.prepare())
    try {
      const findOther = () => findReusable(work, services, call)
      const pushed = await pushImage(work, services, call, { findOther, recorded })
      return 'descriptor' in pushed ? pushed : await keep({ ...work, base }, pushed, services, call)
    } finally {
      await recorded.catch(() => {})
    }
  },
}

/** The finished image, unless what it was built from has changed since. */
async function findReusable(work: ImageWork, services: StepServices, call: StepCall): Promise<Output | undefined> {
  const kept = await findKept(work, services, call)
  if (kept === undefined || (await changesSince(kept, work, services, call)).length > 0) return undefined
  if (work.node.build.attest === undefined) return imageOutput(work, kept.descriptor)
  const attested = { key: work.key, kept: kept.descriptor.digest }
  const attestation = await findAttestation(work.node.repository, attested, services.registry, call)
  return attestation && imageOutput(work, kept.descriptor, attestation)
}

/**
 * The finished image under the key tag. An entry of the published index is not sufficient: it may be forged, and a
 * retention policy may have deleted the image. It is used only if the key tag is missing and the image has the key
 * itself.
 */
async function findKept(
  work: ImageWork,
  { registry }: StepServices,
  call: StepCall,
): Promise<StoredManifest | undefined> {
  const { node, key, previous } = work
  const kept = await registry.getManifest(keyReference(node.repository, key), { ...call, fresh: true })
  if (kept !== undefined) return isComplete(kept, node.format, key) ? kept : undefined
  if (previous.image?.descriptor.annotations?.[KEY_ANNOTATION] !== key) return undefined
  const published = await registry.getManifest(previous.image.reference, { ...call, fresh: true })
  return published !== undefined && isComplete(published, 'oci', key) ? published : undefined
}

/** Compares the sources of the published image with their current state. */
async function changesSince(
  { content }: StoredManifest,
  { node, resolved }: ImageWork,
  services: StepServices,
  call: StepCall,
): Promise<readonly PlanReason[]> {
  if (node.format === 'docker') return []
  const record = readSources(content.annotations)
  if (record === undefined) return [{ kind: 'unrecorded' }]
  noteUnverifiable(record.unverifiable, resolved, node.build.unpinned, call)
  return [
    ...unusedArgsChange(record, { node, resolved }),
    ...(await sourceChanges(record, { node, resolved }, services, call)),
  ]
}

function imageOutput(
  { node, key }: ImageWork,
  { mediaType, digest, size }: Descriptor,
  attestation?: Attestation,
): Output {
  const { repository, platform, entryAnnotations } = node
  const annotations = { ...withoutLeftOut(entryAnnotations), [KEY_ANNOTATION]: key }
  return {
    reference: { ...repositoryOf(repository), digest },
    descriptor: { mediaType, digest, size, platform, annotations },
    ...(attestation !== undefined && { attestation }),
  }
}

/** Checks the pushed image, and writes it under its key tag: as an OCI manifest, unless the format is docker. */
async function keep(
  work: ImageWork & { readonly base: Promise<ImageConfig | undefined> },
  made: PushedImage,
  services: StepServices,
  call: StepCall,
): Promise<Output> {
  const { node, key } = work
  const { registry } = services
  const { reference, sources } = made
  const { platform, repository, policies } = node
  const policy = policies.codePolicy
  const [pushed, base] = await Promise.all([readPushedImage(reference, node.platform, registry, call), work.base])
  if (isIndex(pushed.content)) throw new TypeError('a built image is a single manifest')
  const config = await checkBuiltImage({ ...pushed, reference }, platform, registry, call)
  const what = `what was built for ${node.id}`
  const image = { repository, manifest: pushed.content, config, checkedBase: base }
  await checkCode({ what, ...image, platform, policy }, services, call)
  const built = keptManifest(pushed, node.format, annotationsOf(work, sources))
  const kept = work.force ? await rebuiltManifest(built, work, services, call) : built
  const { digest } = kept.descriptor
  const target = isFoundByKey(work, sources) ? keyReference(repository, key) : { ...repositoryOf(repository), digest }
  const { layers } = pushed.content
  const rewritten = { pushed: pushed.descriptor.digest, kept: digest, repository, layers, config }
  // Before the key tag, which refers to complete results only.
  const attestation = await attest(
    { ...work, descriptor: kept.descriptor },
    { pushed: made, image: rewritten },
    services,
    call,
  )
  await registry.putManifest(target, kept, call)
  return imageOutput(work, kept.descriptor, attestation)
}

async function attest(
  { descriptor, ...work }: ImageWork & { readonly descriptor: Descriptor },
  built: AttestedBuild,
  services: StepServices,
  call: StepCall,
): Promise<Attestation | undefined> {
  const { node, key } = work
  const { attest: options } = node.build
  if (options === undefined) return undefined
  const statements = await imageStatements(work, built, services, call)
  return keepAttestation(
    { repository: node.repository, key, descriptor },
    { statements, attach: options.attach },
    services.registry,
    call,
  )
}

/** Docker's manifests cannot record sources, so an image with sources outside the key is built again. */
function isFoundByKey({ node, resolved }: ImageWork, { images, unverifiable, context }: SourceRecord): boolean {
  if (node.format === 'oci') return true
  const known = new Set(resolved.images.map(({ name }) => name))
  const isKnown = Object.keys(images).every((name) => known.has(name))
  return isKnown && context === undefined && unverifiable.length <= resolved.analysis.unpinned.length
}

/**
 * Returns the config of the base that the built image should have. A base is compared with its platform before it gets
 * its name.
 */
async function checkedBase(
  { node, inputs }: ImageWork,
  { upstream }: StepServices,
  call: StepCall,
): Promise<ImageConfig | undefined> {
  if (node.policies.codePolicy === 'trust-declared') return undefined
  const { reference } = inputOf(inputs, node.base)
  const base = await upstream.get(reference, call)
  if (base === undefined || isIndex(base.content)) return undefined
  return upstream.config(reference, base.content, call)
}

function annotationsOf(work: ImageWork, sources: SourceRecord): Annotations {
  const { node, inputs, key } = work
  const { descriptor } = inputOf(inputs, node.base)
  return withoutLeftOut({
    ...(node.baseName !== undefined && { 'org.opencontainers.image.base.name': node.baseName }),
    'org.opencontainers.image.base.digest': descriptor.digest,
    ...node.build.annotations,
    [KEY_ANNOTATION]: key,
    [PARTS_ANNOTATION]: encodeParts(partsOf(work)),
    [SOURCES_ANNOTATION]: encodeSources(sources),
  })
}
