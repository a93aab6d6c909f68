import type { SbomFormat } from '../../definition/declare/attestation-options.js'
import { VERSION } from '../../host/version.js'
import { type Digest, hexOf } from '../../model/digest.js'
import { loadLicenses, type SpdxLicense } from './licenses.js'
import type { Distribution, Package, PackageList } from './package.js'

/** Types of the predicates that have SBOMs. */
export const SBOM_PREDICATES: Readonly<Record<SbomFormat, string>> = {
  spdx: 'https://spdx.dev/Document',
  cyclonedx: 'https://cyclonedx.org/bom',
}

/** The image whose packages are listed. */
export interface DescribedImage {
  /** `host/path`. */
  readonly name: string
  readonly digest: Digest
  /** The date of its config, in milliseconds since 1970; equal images get equal documents. */
  readonly created: number
}

/** Makes an SBOM. */
export async function sbomDocument(format: SbomFormat, image: DescribedImage, list: PackageList): Promise<object> {
  const make = format === 'spdx' ? spdxDocument : cycloneDxDocument
  return make(image, list)
}

const TOOL = `polyarch-${VERSION}`
const NO_ASSERTION = 'NOASSERTION'

/** @see https://spdx.github.io/spdx-spec/v2.3/ */
async function spdxDocument({ name, digest, created }: DescribedImage, list: PackageList): Promise<object> {
  const [purlOf, licenseOf] = await Promise.all([loadPurl(), loadLicenses()])
  const unknown = { downloadLocation: NO_ASSERTION, licenseConcluded: NO_ASSERTION, licenseDeclared: NO_ASSERTION }
  const common = { ...unknown, copyrightText: NO_ASSERTION, filesAnalyzed: false }
  const licenses = list.packages.map((one) => one.licenses && licenseOf(one.licenses))
  const packages = list.packages.map((one, at) => ({
    ...{ SPDXID: `SPDXRef-Package-${at}`, name: one.name, versionInfo: one.version, ...common },
    ...(licenses[at] && { licenseDeclared: licenses[at].expression }),
    ...(one.source !== undefined && { sourceInfo: `built from ${one.source}` }),
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER',
        referenceType: 'purl',
        referenceLocator: purlOf(one, list.distribution),
      },
    ],
  }))
  const image = { SPDXID: 'SPDXRef-Image', name, versionInfo: digest, primaryPackagePurpose: 'CONTAINER', ...common }
  const contains = packages.map(({ SPDXID }) => relationship(image.SPDXID, 'CONTAINS', SPDXID))
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    documentNamespace: `https://polyarch.io/spdx/${hexOf(digest)}`,
    creationInfo: { created: spdxTime(created), creators: [`Tool: ${TOOL}`] },
    packages: [image, ...packages],
    hasExtractedLicensingInfos: extractedLicenses(licenses),
    relationships: [relationship('SPDXRef-DOCUMENT', 'DESCRIBES', image.SPDXID), ...contains],
  }
}

/** Names of licenses that SPDX does not have; their texts are not read. */
function extractedLicenses(licenses: readonly (SpdxLicense | undefined)[]): readonly object[] {
  const names = new Map(licenses.flatMap((license) => [...(license?.references ?? [])]))
  return [...names]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([licenseId, name]) => ({ licenseId, name, extractedText: name }))
}

function relationship(spdxElementId: string, relationshipType: string, relatedSpdxElement: string) {
  return { spdxElementId, relationshipType, relatedSpdxElement }
}

/** Whole seconds. */
function spdxTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** @see https://cyclonedx.org/docs/1.6/json/ */
async function cycloneDxDocument({ name, digest, created }: DescribedImage, list: PackageList): Promise<object> {
  const [purlOf, licenseOf] = await Promise.all([loadPurl(), loadLicenses()])
  const components = list.packages.map((one) => {
    const { name: component, version, licenses } = one
    const purl = purlOf(one, list.distribution)
    const license = licenses && { licenses: cycloneDxLicenses(licenses, licenseOf(licenses)) }
    return { type: 'library', 'bom-ref': purl, name: component, version, purl, ...license }
  })
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: {
      timestamp: new Date(created).toISOString(),
      tools: { components: [{ type: 'application', name: 'polyarch', version: VERSION }] },
      component: { type: 'container', 'bom-ref': digest, name, version: digest },
    },
    components,
  }
}

/** One expression of SPDX, or else the names as they are declared. */
function cycloneDxLicenses(declared: readonly string[], { expression, references }: SpdxLicense): readonly object[] {
  return references.size === 0 ? [{ expression }] : declared.map((name) => ({ license: { name } }))
}

/** A UUID of version 8: equal for equal images. @see https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8 */
function uuidOf(digest: Digest): string {
  const hex = hexOf(digest)
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

/** Names packages by URLs. The library is loaded where packages are listed. */
async function loadPurl(): Promise<(one: Package, distribution: Distribution | undefined) => string> {
  const { PackageURL } = await import('packageurl-js')
  return ({ type, name, version, architecture, epoch }, distribution) => {
    const isSystem = type === 'deb' || type === 'apk' || type === 'rpm'
    const [namespace, own] = isSystem ? [distribution?.id ?? '', name] : splitName(type, name)
    const release = distribution && [distribution.id, distribution.version].filter(Boolean).join('-')
    const qualifiers = {
      ...(architecture !== undefined && { arch: architecture }),
      ...(epoch !== undefined && { epoch }),
      ...(isSystem && release && { distro: release }),
    }
    return new PackageURL(type, namespace || null, own, version, qualifiers, null).toString()
  }
}

/** `@scope/name` of npm, and `host/path/name` of Go. */
function splitName(type: Package['type'], name: string): readonly [namespace: string, name: string] {
  const slash = type === 'golang' ? name.lastIndexOf('/') : name.startsWith('@') ? name.indexOf('/') : -1
  return slash > 0 ? [name.slice(0, slash), name.slice(slash + 1)] : ['', name]
}
