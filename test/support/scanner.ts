import type { Platform } from '../../packages/core/src/model/platform.js'
import { busyboxImage } from './busybox-image.js'
import { pushTinyImage } from './push-tiny.js'

/**
 * A scanner of BuildKit's protocol, which lists one package: the platform of the image in its os-release.
 *
 * @see https://github.com/moby/buildkit/blob/v0.25.0/docs/attestations/sbom-protocol.md
 */
const SCANNER = `set -e
name=$(sed -n 's/^PRETTY_NAME="\\(.*\\)"/\\1/p' "$BUILDKIT_SCAN_SOURCE/etc/os-release")
cat > "$BUILDKIT_SCAN_DESTINATION/scan.spdx.json" <<EOF
{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{
"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","dataLicense":"CC0-1.0","name":"scanned",
"documentNamespace":"https://scanner.example/1","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: scanner"]},
"packages":[{"SPDXID":"SPDXRef-1","name":"$name","downloadLocation":"NOASSERTION"}]}}
EOF
`

/** Pushes the image of a scanner, `scanner:1`, which runs on a platform. @returns its name */
export async function pushScanner(
  { url, host }: { readonly url: string; readonly host: string },
  platform: Platform,
): Promise<string> {
  const config = { Entrypoint: ['/bin/sh', '/scan.sh'] }
  const image = await busyboxImage({ platform, files: { 'scan.sh': SCANNER }, config })
  await pushTinyImage({ url, repository: 'scanner' }, image, '1')
  return `${host}/scanner:1`
}

/** What `docker buildx imagetools inspect --format '{{json .SBOM}}'` prints for an index. */
export type InspectedSboms = Readonly<
  Record<string, { readonly SPDX?: { readonly packages: readonly { readonly name: string }[] } }>
>

/** The names of the packages by platform. */
export function packagesIn(sboms: InspectedSboms): readonly (readonly [platform: string, names: readonly string[]])[] {
  return Object.entries(sboms).map(([platform, { SPDX }]) => [platform, SPDX?.packages.map(({ name }) => name) ?? []])
}
