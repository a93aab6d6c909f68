import type { ImageNode } from '../../graph/node.js'
import { encodeManifest, isIndex, type StoredManifest } from '../../model/oci.js'
import { KEY_ANNOTATION } from '../key.js'
import type { StepCall, StepServices, Work } from '../step.js'

/** Annotation of an image that was built although one with its key was published: the start of the run that built it. */
export const REBUILT_ANNOTATION = 'io.polyarch.rebuilt'

/**
 * Returns the manifest to keep of an image that was built by force: the published one if it has the same content, else
 * the given one, marked with the time of the run. Images with equal keys count as equal, so an index of unmarked ones
 * would not replace the published index.
 */
export async function rebuiltManifest(
  kept: StoredManifest,
  { node, key, previous }: Pick<Work<ImageNode, unknown>, 'node' | 'key' | 'previous'>,
  { registry, now }: Pick<StepServices, 'registry' | 'now'>,
  call: StepCall,
): Promise<StoredManifest> {
  const { image } = previous
  // Manifests without annotations have no keys, and are compared by digest.
  if (node.format === 'docker' || image?.descriptor.annotations?.[KEY_ANNOTATION] !== key) return kept
  const published = await registry.getManifest(image.reference, { ...call, fresh: true })
  if (published === undefined) return kept
  const [before, after] = [published, kept].map((manifest) => withMark(manifest, undefined).descriptor.digest)
  return before === after ? published : withMark(kept, now.toISOString())
}

/** Replaces the mark of a manifest, or removes it. */
function withMark({ content, descriptor }: StoredManifest, time: string | undefined): StoredManifest {
  if (isIndex(content)) throw new TypeError('an image of a platform is a single manifest')
  const { [REBUILT_ANNOTATION]: _before, ...others } = content.annotations ?? {}
  const annotations = time === undefined ? others : { ...others, [REBUILT_ANNOTATION]: time }
  return encodeManifest({ ...content, annotations }, descriptor.mediaType)
}
