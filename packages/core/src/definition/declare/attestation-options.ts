/** Formats of SBOMs. */
const SBOM_FORMATS = ['spdx', 'cyclonedx'] as const

/** One of {@link SBOM_FORMATS}. */
export type SbomFormat = (typeof SBOM_FORMATS)[number]

/** Statements on the images of a build. */
export interface AttestationOptions {
  /** How the image was built: `min` omits build args and the Dockerfile, `max` records them. `true` means `min`. */
  readonly provenance?: boolean | 'min' | 'max'
  /**
   * A list of the packages in the image: `spdx` (or `true`) or `cyclonedx`, read from its layers; or by a scanner of
   * BuildKit's protocol, named by its image.
   */
  readonly sbom?: boolean | SbomFormat | { readonly generator: string }
  /**
   * Where statements are stored: `index`, as entries of the index, as docker does; or `referrer`, as artifacts that refer
   * to the image. Default `index`.
   */
  readonly attach?: 'index' | 'referrer'
}

/** The attestations of a build; at least one of both. */
export interface AttestationDefinition {
  readonly provenance?: 'min' | 'max'
  readonly sbom?: { readonly format: SbomFormat } | { readonly generator: string }
  readonly attach?: 'referrer'
}

/** The image of the scanner that makes the SBOM, if it is one. */
export function scannerOf({ sbom }: { readonly sbom?: AttestationDefinition['sbom'] | undefined }): string | undefined {
  return sbom !== undefined && 'generator' in sbom ? sbom.generator : undefined
}

/** Whether BuildKit makes statements, if it can. */
export function isByBuildKit({ provenance, sbom }: AttestationDefinition): boolean {
  return provenance !== undefined || scannerOf({ sbom }) !== undefined
}

const HOW_TO = "write { provenance: 'min', sbom: true }"

/** Returns the issue of the value of `attest`; undefined if it is valid. */
export function attestIssue(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `must be an object: ${HOW_TO}`
  const unknown = Object.keys(value).find((name) => !['provenance', 'sbom', 'attach'].includes(name))
  if (unknown !== undefined) return `does not have '${unknown}': ${HOW_TO}`
  const { provenance = false, sbom = false, attach = 'index' } = value as AttestationOptions
  if (typeof provenance !== 'boolean' && provenance !== 'min' && provenance !== 'max') {
    return "provenance must be 'min', 'max', true or false"
  }
  if (attach !== 'index' && attach !== 'referrer') return "attach must be 'index' or 'referrer'"
  return isSbom(sbom)
    ? undefined
    : "sbom must be 'spdx', 'cyclonedx', true, false, or the image of a scanner: { generator: '…' }"
}

function isSbom(value: unknown): boolean {
  if (typeof value === 'boolean' || SBOM_FORMATS.some((format) => format === value)) return true
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false
  const { generator } = value as { readonly generator?: unknown }
  return typeof generator === 'string' && /^[^\s,]+$/.test(generator)
}

/** Converts valid attestation options; undefined if there are none. */
export function readAttestations({
  provenance,
  sbom,
  attach,
}: AttestationOptions = {}): AttestationDefinition | undefined {
  if (!provenance && !sbom) return undefined
  return {
    ...(provenance && { provenance: provenance === true ? 'min' : provenance }),
    ...(sbom && { sbom: typeof sbom === 'object' ? sbom : { format: sbom === true ? 'spdx' : sbom } }),
    ...(attach === 'referrer' && { attach }),
  }
}
