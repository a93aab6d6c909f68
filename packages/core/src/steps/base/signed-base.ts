import { formatSigner, type SignerRequirement } from '../../definition/plugin/signer-requirement.js'
import type { Digest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import { isIndex } from '../../model/oci.js'
import { formatReference, repositoryOf } from '../../model/reference.js'
import type { StepCall, StepServices, UpstreamImage } from '../step.js'

type ImageInIndex = Omit<UpstreamImage, 'isBase'>

type Services = Pick<StepServices, 'registry' | 'signatures'>

/** The first of several signers that signed an image or the index that lists it; undefined if none did. */
export async function findSigner(
  image: ImageInIndex,
  signers: readonly SignerRequirement[],
  services: Services,
  call: StepCall,
): Promise<SignerRequirement | undefined> {
  for (const signer of signers) if (await isSignedBy(image, signer, services, call)) return signer
  return undefined
}

/**
 * Requires a signature: of the index that lists an image, or of the image.
 *
 * @throws RegistryError SIGNATURE_MISSING; DefinitionError USAGE
 */
export async function requireSigned(
  image: ImageInIndex,
  signer: SignerRequirement,
  services: Services,
  call: StepCall,
): Promise<void> {
  if (await isSignedBy(image, signer, services, call)) return
  throw new RegistryError(
    'SIGNATURE_MISSING',
    `base ${formatReference({ ...repositoryOf(image.name), digest: image.index })} has no signature of ${formatSigner(signer)}`,
    { hint: `check who signed it: cosign verify --key cosign.pub ${formatReference(image.name)}` },
  )
}

async function isSignedBy(
  { name, index, image }: ImageInIndex,
  signer: SignerRequirement,
  { registry, signatures }: Services,
  call: StepCall,
): Promise<boolean> {
  const repository = repositoryOf(name)
  const isSigned = (digest: Digest) => signatures.isSigned({ ...repository, digest }, signer, call)
  if (index === image || !(await isSigned(index))) return isSigned(image)
  // The digest of a locked image comes from the lock file, which may have been edited.
  const listed = await registry.getManifest({ ...repository, digest: index }, call)
  return (listed && isIndex(listed.content) && listed.content.manifests.some(({ digest }) => digest === image)) ?? false
}
