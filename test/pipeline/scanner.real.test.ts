import { join } from 'node:path'
import { expect, it } from 'vitest'
import { execute, fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { hasChanges } from '../../packages/core/src/model/run/plan.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { buildxCommand } from '../../scripts/setup/newer-engine.mjs'
import { sidProgramPath } from '../../scripts/setup/sid-programs.mjs'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { COSIGN_PASSWORD, cosignKeyPair, OFFLINE, openCosign } from '../support/cosign.js'
import { newerEngine } from '../support/newer-engine.js'
import { type InspectedSboms, packagesIn, pushScanner } from '../support/scanner.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase } from './project.js'

it('keeps what a scanner of BuildKit lists, signed, in the embedded registry', async () => {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('scanner'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const { address } = cleanup.use(await newerEngine())
  const cosign = cleanup.use(await openCosign())
  await cosignKeyPair(cosign)
  const generator = await pushScanner(registry, AMD64)
  const [wide = '', narrow = ''] = await Promise.all(
    [AMD64, ARM].map((one) => pushBase({ ...registry, repository: `base-${one.architecture}` }, { platform: one })),
  )
  const app = pipeline(`${registry.host}/app`)
    .platforms(
      platform('amd64', { base: fromImage(wide) }),
      platform('arm', { variant: 'v7', base: fromImage(narrow) }),
    )
    .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN true > /built\n' })
    .build({ network: 'none', attest: { provenance: 'max', sbom: { generator } } })
    .tags('1')
  const password = COSIGN_PASSWORD
  const sign = { key: { file: 'cosign.key' }, password: { value: () => password } }
  const options = { engine: { host: address }, directory: cosign.folder, sign }
  const { attestations } = await execute(app, options)
  expect(attestations?.map(({ kind, signature, provenance, sbom }) => [kind, signature, provenance, sbom])).toEqual([
    ['image', 'signed', 'max', generator],
    ['image', 'signed', 'max', generator],
    ['index', 'signed', true, undefined],
  ])

  const name = `${registry.host}/app:1`
  const env = { PATH: process.env['PATH'], HOME: cosign.folder, DOCKER_CONFIG: join(cosign.folder, 'docker') }
  const [command, ...first] = buildxCommand()
  const inspected = async (field: string) => {
    const format = `{{json .${field}}}`
    const { stdout } = await runProgram(command, [...first, 'imagetools', 'inspect', name, '--format', format], { env })
    return JSON.parse(stdout) as InspectedSboms
  }
  expect(packagesIn(await inspected('SBOM'))).toEqual([
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
