import { type Digest, digestOf } from '../model/digest.js'
import { canonicalJson, isIndex } from '../model/oci.js'
import type { Reference } from '../model/reference.js'
import { readImageConfig } from '../registry/image-config.js'
import type { BuildWork } from './build-request.js'
import { unusedArgs } from './image-key.js'
import { referenceOf } from './pinned-image.js'
import type { SourceRecord } from './source-record.js'
import { inputOf, type StepCall, type World } from './step.js'

/**
 * The args that the Dockerfile does not declare, for the record of the build: undefined where no image that it was built from
 * has triggers (`ONBUILD`), which could use them. Without such args no image is read.
 *
 * @throws RegistryError
 */
export async function recordedArgs(
  { node, resolved, inputs }: BuildWork,
  { images }: Pick<SourceRecord, 'images'>,
  world: World,
  call: StepCall,
): Promise<Digest | undefined> {
  const unused = unusedArgsDigest(node, resolved)
  if (Object.keys(unusedArgs(node, resolved)).length === 0) return unused
  const named = Object.entries(images).map(([name, { image }]) => ({ ...referenceOf(name), digest: image }))
  const read = [inputOf(inputs, node.base).reference, ...named].map((image) => mayHaveTriggers(image, world, call))
  return (await Promise.all(read)).includes(true) ? unused : undefined
}

/** Stands for the args that the Dockerfile does not declare. */
export function unusedArgsDigest(...call: Parameters<typeof unusedArgs>): Digest {
  return digestOf(Buffer.from(canonicalJson(unusedArgs(...call))))
}

/** An index is of an image whose platform the builder chose. */
async function mayHaveTriggers(reference: Reference, { outside, registry }: World, call: StepCall): Promise<boolean> {
  const found = await outside.get(reference, call)
  if (found === undefined || isIndex(found.content)) return true
  const { config } = await readImageConfig(registry, reference, found.content, call)
  return (config?.OnBuild ?? []).length > 0
}
