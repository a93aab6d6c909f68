import type { Builder, BuiltImage } from '../../builder/port.js'
import { shownName } from '../../context/files/raw-name.js'
import { isByBuildKit } from '../../definition/declare/attestation-options.js'
import type { ImageNode } from '../../graph/node.js'
import { DefinitionError, EngineError } from '../../model/errors.js'
import { type Reference, repositoryOf } from '../../model/reference.js'
import { pushReference } from '../key.js'
import type { Output, PerformCall, StepServices, Work } from '../step.js'
import { type BuildWork, baseNamesOf, buildRequest, type ImageInputs, type ResolvedImage } from './build-request.js'
import { pinnedImages } from './context/resolved-context.js'
import { noteLeftOutCaches } from './secrets/cache-credentials.js'
import { resolvedDigest } from './sources/pinned-image.js'
import { combinedPaths } from './sources/source-changes.js'
import { makeSourceRecord, type SourceRecord } from './sources/source-record.js'
import { recordedArgs } from './trigger-args.js'

/** An image as the builder pushed it, with the sources of the build. */
export interface PushedImage {
  readonly reference: Reference
  readonly sources: SourceRecord
  readonly builder: {
    /** Its version by name: `{ buildkit: '0.25.0' }`. */
    readonly version: Readonly<Record<string, string>>
    /** Whether it pushed attestations with the image. */
    readonly attests: boolean
  }
  /** When the build began, in milliseconds since 1970. */
  readonly startedAt: number
}

/** What a push waits for. */
export interface PushConditions {
  /**
   * Finds the result of another run with the same key, which may have ended during the build: a push would replace it by
   * an equal image with another digest.
   */
  readonly findOther: () => Promise<Output | undefined>
  /** The record of the context. It has the date by which `prune` keeps what is under the key tag. */
  readonly recorded: Promise<void>
}

/**
 * Builds an image and pushes it.
 *
 * @returns what was pushed, or the result of the other run.
 * @throws EngineError; CancelledError
 */
export async function pushImage(
  work: Work<ImageNode, ResolvedImage>,
  services: StepServices,
  call: PerformCall,
  { findOther, recorded }: PushConditions,
): Promise<PushedImage | Output> {
  const { builder } = call
  if (builder === undefined) throw new TypeError('an image is built on a builder')
  const { node, key } = work
  const startedAt = Date.now()
  const destination = pushReference(node.repository, key, node.format)
  const request = await buildRequest(work, destination, services)
  await requireNames(work.resolved, builder, call)
  noteLeftOutCaches(node.build, services.env, call)
  await using built = await builder.build(request, call)
  const [other, sources] = await Promise.all([
    work.force ? undefined : findOther(),
    recordSources(built, { ...work, synced: request.inputs.synced }, services, call),
    recorded,
  ])
  if (other !== undefined) return other
  const reference = { ...repositoryOf(destination), digest: await built.push(call) }
  return { reference, sources, builder: await describeBuilder(builder, node.build, call), startedAt }
}

async function describeBuilder(
  builder: Builder,
  { attest }: ImageNode['build'],
  call: PerformCall,
): Promise<PushedImage['builder']> {
  if (attest === undefined) return { version: {}, attests: false }
  const { version, apiVersion, features } = await builder.describe(call)
  const name = apiVersion === undefined ? 'buildkit' : 'docker-engine'
  return { version: { [name]: version }, attests: features.attestations && isByBuildKit(attest) }
}

/** @throws EngineError CONTEXT_UNREADABLE if the builder does not support a file name of the context */
async function requireNames({ listing, contexts }: ResolvedImage, builder: Builder, call: PerformCall): Promise<void> {
  const listings = [listing, ...contexts.flatMap((one) => (one.kind === 'files' ? [one.listing] : []))]
  const entries = listings.flatMap((one) => one.entries)
  const raw = entries.find((entry) => entry.rawPath ?? ('rawTarget' in entry && entry.rawTarget))
  if (raw === undefined) return
  const { features, address, version } = await builder.describe(call)
  if (features.rawNames) return
  const message = `file name '${shownName(raw.path)}' in the context is not UTF-8, which the builder ${address} (${version}) does not support`
  throw new EngineError('CONTEXT_UNREADABLE', message, { hint: 'rename the file, or list it in .dockerignore' })
}

/** Completes the builder's report of its sources for this platform. */
async function recordSources(
  { sources }: BuiltImage,
  { node, resolved, inputs, synced }: BuildWork & Pick<ImageInputs, 'synced'>,
  services: StepServices,
  call: PerformCall,
): Promise<SourceRecord> {
  const { analysis, context, listing, hash } = resolved
  const requested = synced.requested === 'all' ? 'all' : [...synced.requested]
  const read = await context.select(combinedPaths(analysis.contextPaths, requested), call.signal)
  const forTarget = new Set(analysis.externals.filter(({ isForTarget }) => isForTarget).map(({ name }) => name))
  const reported = await makeSourceRecord({
    sources,
    namesInKey: new Set([...baseNamesOf(resolved), ...node.pipelineImages.map(({ name }) => name)]),
    pinnedRemotes: new Set(analysis.pinnedRemotes),
    resolve: (name, digest) =>
      resolvedDigest({ name, digest, isForTarget: forTarget.has(name) }, node.platform, services, call),
    context: read.digest === listing.digest ? undefined : { paths: requested, digest: hash.digest(read.digest) },
  })
  // Old builders get the pinned names in the Dockerfile and report only these.
  const pinned = pinnedImages(resolved).map(({ name, index, image }) => [name, { index, image }] as const)
  const images = { ...Object.fromEntries(pinned), ...reported.images }
  const unusedArgs = await recordedArgs({ node, resolved, inputs }, { images }, services, call)
  const record = { ...reported, images, ...(unusedArgs !== undefined && { unusedArgs }) }
  const [unverifiable] = record.unverifiable
  if (unverifiable === undefined || node.build.unpinned !== 'refuse') return record
  const message = `the build used ${unverifiable}, whose content is not pinned`
  const hint = 'pin it by a checksum, a commit or a digest, or copy it into the context'
  throw new DefinitionError([{ path: context.dockerfile.file, message, hint }])
}
