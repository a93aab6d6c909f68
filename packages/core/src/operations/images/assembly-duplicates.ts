import { codeOrFlag, DefinitionError, type Issue } from '../../model/errors.js'
import { attestedBy, isAttestation } from '../../model/oci.js'
import { formatPlatform, platformIdentity } from '../../model/platform.js'
import { formatReference } from '../../model/reference.js'
import type { FoundImage } from './assembly-source.js'

/** Rejects two images for one platform. @throws DefinitionError USAGE */
export function refuseDuplicates(found: readonly FoundImage[]): void {
  const seen = new Map<string, FoundImage>()
  const issues: Issue[] = []
  for (const image of found) {
    const { platform } = image.descriptor
    if (platform === undefined || isAttestation(image.descriptor)) continue
    const other = seen.get(platformIdentity(platform))
    if (other !== undefined) {
      const message = `${formatPlatform(platform)} is duplicated: ${formatReference(other.reference)} and ${formatReference(image.reference)}`
      const hint = `remove one of them, give them different platforms, or use the last: ${codeOrFlag("duplicates: 'last'", '--duplicates last')}`
      issues.push({ path: image.path, message, hint })
    }
    seen.set(platformIdentity(platform), image)
  }
  if (issues.length > 0) throw new DefinitionError(issues, 'USAGE')
}

/** The last image of each platform, with its attestations. */
export function lastOfEach(found: readonly FoundImage[]): readonly FoundImage[] {
  const images = new Map<string, FoundImage>()
  for (const image of found) {
    const { platform } = image.descriptor
    if (platform !== undefined && !isAttestation(image.descriptor)) images.set(platformIdentity(platform), image)
  }
  const digests = new Set<string>([...images.values()].map(({ descriptor }) => descriptor.digest))
  const attestations = found.filter(
    ({ descriptor }) => isAttestation(descriptor) && digests.has(attestedBy(descriptor)),
  )
  const once = new Map(attestations.map((one) => [one.descriptor.digest, one]))
  return [...images.values(), ...once.values()]
}
