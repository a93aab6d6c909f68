import type { ImageNode } from '../../graph/node.js'
import type { Digest } from '../../model/digest.js'
import type { Reference } from '../../model/reference.js'
import { inputOf, type StepCall, type StepServices } from '../step.js'
import type { BuildWork } from './build-request.js'
import { unusedArgs } from './image-key.js'
import { referenceOf } from './sources/pinned-image.js'
import type { SourceRecord } from './sources/source-record.js'
import { readTriggers } from './triggers.js'

/**
 * The args that the Dockerfile does not declare, for the record of the build: undefined if no image that it was built from
 * has triggers (`ONBUILD`), which could use them.
 *
 * @throws CancelledError
 */
export async function recordedArgs(
  { node, resolved, inputs }: BuildWork,
  { images }: Pick<SourceRecord, 'images'>,
  services: StepServices,
  call: StepCall,
): Promise<Digest | undefined> {
  const named = Object.entries(images).map(([name, { image }]) => ({ ...referenceOf(name), digest: image }))
  const made = [node.base, ...node.pipelineImages.map(({ decidedBy }) => decidedBy)]
  const read = [...made.map((id) => inputOf(inputs, id).reference), ...named].map((image) =>
    mayHaveTriggers(image, services, call),
  )
  const isLayout = resolved.contexts.some(({ kind }) => kind === 'layout')
  const may = isLayout || (await Promise.all(read)).includes(true)
  return may ? unusedArgsDigest(node, resolved) : undefined
}

/**
 * Returns a digest of the args that the Dockerfile does not declare.
 * It covers all other inputs of the image too: a digest of short values alone would confirm guesses of them.
 */
export function unusedArgsDigest(node: Pick<ImageNode, 'build'>, resolved: BuildWork['resolved']): Digest {
  const { listing, dockerfileInKey, hash } = resolved
  const covered = { context: listing.digest, dockerfile: dockerfileInKey, args: node.build.args }
  return hash.digest({ ...covered, unused: unusedArgs(node, resolved) })
}

/** Also if that is not known: the build is worth more than this question. */
async function mayHaveTriggers(reference: Reference, services: StepServices, call: StepCall): Promise<boolean> {
  const triggers = await readTriggers(reference, services, call)
  return triggers === undefined || triggers === 'index' || triggers.length > 0
}
