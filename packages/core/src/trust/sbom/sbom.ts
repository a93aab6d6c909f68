import type { SbomFormat } from '../../definition/declare/attestation-options.js'
import type { LayeredImage } from '../../image-files/image-entries.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { type DescribedImage, SBOM_PREDICATES, sbomDocument } from './documents.js'
import { listPackages } from './package-list.js'

/** The list of the packages in an image, as a predicate. */
export interface Sbom {
  readonly predicateType: string
  readonly predicate: object
}

/**
 * Lists the packages of an image from its layers.
 *
 * @throws RegistryError MANIFEST_UNSUPPORTED if a layer or database cannot be read; HostError TOOL_MISSING
 */
export async function makeSbom(
  format: SbomFormat,
  image: DescribedImage & LayeredImage,
  registry: Registry,
  call: RegistryCall,
): Promise<Sbom> {
  const predicate = await sbomDocument(format, image, await listPackages(image, registry, call))
  return { predicateType: SBOM_PREDICATES[format], predicate }
}
