import type { ContextRequest } from '../context/open-context.js'
import { analyze } from '../dockerfile/analysis.js'
import type { ImageNode } from '../graph/node.js'
import { DefinitionError, EngineError } from '../model/errors.js'
import { type Annotations, type Descriptor, isIndex } from '../model/oci.js'
import { repositoryOf } from '../model/reference.js'
import { readImageConfig } from '../registry/image-config.js'
import { withoutLeftOut } from './annotations.js'
import { buildRequest, type ResolvedImage } from './build-request.js'
import { checkBuiltImage, isComplete, keptManifest, readPushedImage } from './built-image.js'
import { checkCode } from './code-check.js'
import { noteGitFolder } from './git-folder.js'
import { decisiveSettings, explainImage, partsOf, recordContext } from './image-explanation.js'
import { encodeParts, PARTS_ANNOTATION } from './image-parts.js'
import { KEY_ANNOTATION, keyOf, keyReference, pushReference } from './key.js'
import { noteMissingSecrets, secretFaults } from './mounted-secrets.js'
import { pinImage, verifyPinnedImages } from './pinned-image.js'
import {
  type Finding,
  inputOf,
  type Output,
  type PerformCall,
  type Step,
  type StepCall,
  type Work,
  type World,
} from './step.js'
import { noteVolatile, volatileFaults } from './volatile-content.js'

type ImageWork = Work<ImageNode, ResolvedImage>

/** One platform's image: built by the engine, pushed under its key tag, kept as the pipeline's format asks. */
export const imageStep: Step<ImageNode, ResolvedImage> = {
  async resolve({ build, platform, baseNames }, world, call) {
    const context = await world.contexts.list(contextRequest(build), call.signal)
    const { target, args } = build
    const { parseDockerfile } = await import('../dockerfile/parse.js')
    const analysis = analyze(parseDockerfile(context.dockerfile.text), { platform, target, args, baseNames })
    const faults = [...analysis.faults, ...volatileFaults(analysis, build.volatile), ...secretFaults(analysis, build)]
    if (faults.length > 0) {
      const { file } = context.dockerfile
      throw new DefinitionError(
        faults.map(({ line, message, hint }) => ({
          path: line === undefined ? file : `${file}:${line}`,
          message,
          hint,
        })),
      )
    }
    const images = await Promise.all(analysis.externals.map((image) => pinImage(image, platform, world, call)))
    noteVolatile(analysis, context, build.volatile, call)
    if (build.context.kind === 'directory') noteGitFolder(context, call)
    noteMissingSecrets(analysis, build, context.dockerfile.file, call)
    const { epoch } = world.contexts
    return { context, analysis, images, ...(analysis.usesEpoch && epoch !== undefined && { epoch }) }
  },

  volatile: ({ build }, { analysis }) => ({
    sources: analysis.volatile.map(({ text }) => text),
    remade: build.volatile === 'rebuild' && analysis.volatile.length > 0,
  }),

  key(node, { context, images, epoch }, inputs) {
    const { platform, base, format } = node
    return keyOf('image', {
      platform,
      base: inputOf(inputs, base).descriptor.digest,
      context: context.digest,
      dockerfile: context.dockerfile.text,
      build: decisiveSettings(node, epoch),
      images: images.map(({ name, decisive }) => [name, decisive]).sort(),
      // One key tag cannot hold a manifest of each kind.
      ...(format === 'docker' && { format }),
    })
  },

  async lookup(work, world, call): Promise<Finding> {
    const kept = (await publishedImage(work, world, call)) ?? (await findKept(work, world, call))
    return kept === undefined ? { state: 'absent' } : { state: 'present', output: kept }
  },

  explain: explainImage,

  async perform(work, world, call) {
    const { node, key } = work
    const reference = pushReference(node.repository, key, node.format)
    // A run that was killed after the push left the image there, as the engine wrote it.
    const left = work.anew ? undefined : await world.registry.resolve(reference, call)
    if (left === undefined) {
      await verifyPinnedImages(work.resolved.images, world, call)
      await makePresent(work, world, call)
    }
    // Neither waits for the other, but both have ended when the node has. Docker's manifests cannot lead to a record.
    const [kept, recorded] = await Promise.allSettled([
      keep(work, world, call),
      node.format === 'oci' && recordContext(work, world, call),
    ])
    if (kept.status === 'rejected') throw kept.reason
    if (recorded.status === 'rejected') throw recorded.reason
    return kept.value
  },
}

function contextRequest({ context, dockerfile, dockerfileInline }: ImageNode['build']): ContextRequest {
  return { context, dockerfile, ...(dockerfileInline !== undefined && { inline: dockerfileInline }) }
}

/**
 * The image that the published index lists under the same key. Anybody can write such an entry, and a cleaner may have
 * deleted the image: one HEAD confirms that the key tag has it. Without a key tag, the image itself must have the key.
 */
async function publishedImage(
  { node, key, former: { image } }: ImageWork,
  { registry }: World,
  call: StepCall,
): Promise<Output | undefined> {
  if (image?.descriptor.annotations?.[KEY_ANNOTATION] !== key) return undefined
  const { descriptor } = image
  const kept = await registry.resolve(keyReference(node.repository, key), { ...call, fresh: true })
  if (kept !== undefined) return kept.digest === descriptor.digest ? imageOutput(node, kept, key) : undefined
  const found = await registry.getManifest(image.reference, { ...call, fresh: true })
  return found !== undefined && isComplete(found, 'oci', key) ? imageOutput(node, found.descriptor, key) : undefined
}

/** The finished image under the key tag. */
async function findKept({ node, key }: ImageWork, { registry }: World, call: StepCall): Promise<Output | undefined> {
  const found = await registry.getManifest(keyReference(node.repository, key), call)
  if (found === undefined || !isComplete(found, node.format, key)) return undefined
  return imageOutput(node, found.descriptor, key)
}

function imageOutput(node: ImageNode, { mediaType, digest, size }: Descriptor, key: string): Output {
  const { repository, platform, entryAnnotations } = node
  const annotations = { ...withoutLeftOut(entryAnnotations), [KEY_ANNOTATION]: key }
  return {
    reference: { ...repositoryOf(repository), digest },
    descriptor: { mediaType, digest, size, platform, annotations },
  }
}

/**
 * Builds and pushes the image. Another run may do the same on this engine, where both call it by its key, and takes the
 * name away once it has pushed: then there is nothing left to push, and no need to.
 */
async function makePresent(work: ImageWork, world: World, call: PerformCall): Promise<void> {
  try {
    await buildAndPush(work, world, call)
  } catch (error) {
    if (work.anew || !(error instanceof EngineError) || error.code !== 'PUSH_FAILED') throw error
    const { node, key } = work
    if ((await world.registry.resolve(pushReference(node.repository, key, node.format), call)) === undefined)
      throw error
  }
}

async function buildAndPush(work: ImageWork, { contexts }: World, call: PerformCall): Promise<void> {
  const { engine } = call
  if (engine === undefined) throw new TypeError('an image is built on an engine')
  const { node, resolved, key } = work
  const name = pushReference(node.repository, key, node.format)
  const packed = await contexts.pack(resolved.context, call.signal)
  try {
    const place = { name, epoch: contexts.epoch, openContext: (dockerfile: string) => packed.open(dockerfile) }
    await engine.build(await buildRequest(work, place), call)
    if (node.build.check !== undefined) {
      const { runCheck } = await import('./image-check.js')
      await runCheck(node, node.build.check, name, engine, call)
    }
    await engine.push(name, node.platform, call)
  } finally {
    // Not cancellable: what a cancelled run built would stay on the engine under a name that nobody knows.
    await engine.untag(name).catch(() => undefined)
  }
}

/** Checks what was pushed, and writes it under its key tag: as an OCI manifest, unless Docker's media types are asked for. */
async function keep(work: ImageWork, world: World, call: StepCall): Promise<Output> {
  const { node, key } = work
  const { registry } = world
  const { platform, repository, codePolicy: policy } = node
  const reference = pushReference(repository, key, node.format)
  const [pushed, checkedBase] = await Promise.all([
    readPushedImage(reference, node.platform, registry, call),
    policy === 'trust-declared' ? undefined : baseContent(work, registry, call),
  ])
  if (isIndex(pushed.content)) throw new TypeError('a built image is a single manifest')
  const config = await checkBuiltImage(pushed, reference, platform, registry, call)
  const what = `what was built for ${node.id}`
  const image = { repository, manifest: pushed.content, config, checkedBase }
  await checkCode({ what, ...image, platform, policy }, world, call)
  const kept = keptManifest(pushed, node.format, annotationsOf(work))
  await registry.putManifest(keyReference(repository, key), kept, call)
  return imageOutput(node, kept.descriptor, key)
}

/**
 * The content of the layers that what was built should stand on. It was compared with the platform before it came under
 * its name. Their digests say less: an engine may compress anew what it pushes.
 */
async function baseContent({ node, inputs }: ImageWork, registry: World['registry'], call: StepCall) {
  const { reference } = inputOf(inputs, node.base)
  const base = await registry.getManifest(reference, call)
  if (base === undefined || isIndex(base.content)) return undefined
  return (await readImageConfig(registry, reference, base.content, call)).rootfs?.diff_ids
}

function annotationsOf(work: ImageWork): Annotations {
  const { node, inputs, key } = work
  const { descriptor } = inputOf(inputs, node.base)
  return withoutLeftOut({
    'org.opencontainers.image.base.name': node.baseName,
    'org.opencontainers.image.base.digest': descriptor.digest,
    ...node.build.annotations,
    [KEY_ANNOTATION]: key,
    [PARTS_ANNOTATION]: encodeParts(partsOf(work)),
  })
}
