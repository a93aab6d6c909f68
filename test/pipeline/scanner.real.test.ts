import { join } from 'node:path'
import { expect, it } from 'vitest'
import { execute, fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { hasChanges } from '../../packages/core/src/model/run/plan.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { buildxCommand } from '../../scripts/setup/newer-engine.mjs'
import { sidProgramPath } from '../../scripts/setup/sid-programs.mjs'
import { busyboxImage } from '../support/busybox-image.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { COSIGN_PASSWORD, cosignKeyPair, OFFLINE, openCosign } from '../support/cosign.js'
import { newerEngine } from '../support/newer-engine.js'
import { pushTinyImage } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase } from './project.js'

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

it('keeps what a scanner of BuildKit lists, signed, in the embedded registry', async () => {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('scanner'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const { address } = cleanup.use(await newerEngine())
  const cosign = cleanup.use(await openCosign())
  await cosignKeyPair(cosign)
  const files = { 'scan.sh': SCANNER }
  const scanner = await busyboxImage({ platform: AMD64, files, config: { Entrypoint: ['/bin/sh', '/scan.sh'] } })
  await pushTinyImage({ url: registry.url, repository: 'scanner' }, scanner, '1')
  const [wide = '', narrow = ''] = await Promise.all(
    [AMD64, ARM].map((one) => pushBase({ ...registry, repository: `base-${one.architecture}` }, { platform: one })),
  )
  const app = pipeline(`${registry.host}/app`)
    .platforms(
      platform('amd64', { base: fromImage(wide) }),
      platform('arm', { variant: 'v7', base: fromImage(narrow) }),
    )
    .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN true > /built\n' })
    .build({ network: 'none', attest: { provenance: 'max', sbom: { generator: `${registry.host}/scanner:1` } } })
    .tags('1')
  const password = COSIGN_PASSWORD
  const sign = { key: { file: 'cosign.key' }, password: { value: () => password } }
  const options = { engine: { host: address }, directory: cosign.folder, sign }
  const { attestations } = await execute(app, options)
  expect(attestations?.map(({ kind, signature, provenance, sbom }) => [kind, signature, provenance, sbom])).toEqual([
    ['image', 'signed', 'max', `${registry.host}/scanner:1`],
    ['image', 'signed', 'max', `${registry.host}/scanner:1`],
    ['index', 'signed', true, undefined],
  ])

  const name = `${registry.host}/app:1`
  const env = { PATH: process.env['PATH'], HOME: cosign.folder, DOCKER_CONFIG: join(cosign.folder, 'docker') }
  const [command, ...first] = buildxCommand()
  const inspected = async (field: string) => {
    const format = `{{json .${field}}}`
    const { stdout } = await runProgram(command, [...first, 'imagetools', 'inspect', name, '--format', format], { env })
    return JSON.parse(stdout) as Record<string, { readonly SPDX?: { readonly packages: readonly { name: string }[] } }>
  }
  const sboms = await inspected('SBOM')
  expect(Object.entries(sboms).map(([one, { SPDX }]) => [one, SPDX?.packages.map((found) => found.name)])).toEqual([
    ['linux/amd64', ['tiny linux/amd64']],
    ['linux/arm/v7', ['tiny linux/arm/v7']],
  ])
  expect(Object.keys(await inspected('Provenance'))).toEqual(['linux/amd64', 'linux/arm/v7'])

  const { images } = await inspect(name)
  for (const { digest } of images)
    for (const type of ['spdxjson', 'https://slsa.dev/provenance/v1']) {
      const flags = ['--key', 'cosign.pub', '--type', type, `${registry.host}/app@${digest}`]
      expect(await cosign.run('verify-attestation', ...OFFLINE, ...flags)).toContain('payload')
    }
  const found = await runProgram(sidProgramPath('oras'), ['discover', '--plain-http', name])
  expect(found.stdout).toContain('application/vnd.in-toto+json')
  expect(hasChanges(await plan(app, options))).toBe(false)
})
