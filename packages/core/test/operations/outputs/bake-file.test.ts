import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fromImage, type Pipeline, pipeline, platform } from '../../../src/index.js'
import { exportDefinition } from '../../../src/operations/outputs/export-definition.js'

const alpine = fromImage('alpine:3.22')
const app = pipeline('ghcr.io/team/app')
  .platforms(platform('amd64', { base: alpine }))
  .tags('1')

/** Notes of an export, but for that on the index. */
function notesOf(one: Pipeline): readonly string[] {
  const { notes } = exportDefinition([one], {})
  return notes.filter((note) => !note.startsWith('bake makes no index') && !note.endsWith('the platform of the base'))
}

const PUBLIC_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' })

const AT = 'app linux/amd64: '

describe('export for bake', () => {
  it('has no notes for a build that bake makes as well', () => {
    expect(notesOf(app.build({ context: '.' }))).toEqual([])
  })

  it.each([
    ['keySecret', { keySecret: { env: 'KEY' } }, 'bake computes no keys of images: keySecret is omitted'],
    ['cache', { cache: 'registry' }, "bake has no cache: 'registry'; add cache-from and cache-to"],
    ['attach', { attest: { provenance: 'min', attach: 'referrer' } }, 'bake lists statements in the index, not as ref'],
    ['sbom', { attest: { sbom: 'cyclonedx' } }, 'bake makes SBOMs as SPDX, not as cyclonedx'],
    ['fileModes', { fileModes: 'git' }, 'bake sends files with their own permission bits'],
    ['unpinned', { unpinned: 'refuse' }, 'bake does not refuse unpinned content'],
  ] as const)('notes the build option %s', (_name, option, note) => {
    expect(notesOf(app.build({ context: '.', ...option }))).toEqual([expect.stringContaining(`${AT}${note}`)])
  })

  it('notes a required signature and a corrected config of the base', () => {
    const base = fromImage('alpine:3.22', { verify: { key: String(PUBLIC_KEY) }, configPolicy: 'fix-config' })
    const own = pipeline('ghcr.io/team/app').platforms(platform('amd64', { base })).build({ context: '.' }).tags('1')
    expect(notesOf(own)).toEqual([
      `${AT}bake does not correct the platform in the config of the base`,
      `${AT}bake does not verify the signature of the base`,
    ])
  })

  it('notes a shared base whose name does not move', () => {
    const own = app.sharedBase('ghcr.io/team/base:1').build({ context: '.' })
    expect(notesOf(own)).toEqual(['app: bake publishes no shared base, so ghcr.io/team/base:1 does not move'])
  })

  it('keeps the media types of Docker, and writes SBOMs without fields that bake lacks', () => {
    const own = pipeline('ghcr.io/team/app')
      .format('docker')
      .platforms(platform('amd64', { base: alpine }))
    const { target } = exportDefinition([own.build({ context: '.' }).tags('1')], {}).file
    expect(target['app-amd64']).toMatchObject({ output: ['type=image,push=true,oci-mediatypes=false'] })
    const described = exportDefinition([app.build({ context: '.', attest: { sbom: true } })], {}).file
    expect(described.target['app-amd64']).toMatchObject({ attest: [{ type: 'sbom' }] })
  })
})
