import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { Cleanup } from '../../../test/support/cleanup.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import { importCommand, importFile } from '../src/import/import-command.js'

const cleanup = new Cleanup()
afterAll(() => cleanup[Symbol.asyncDispose]())

async function importText(name: string, text: string) {
  const file = join(cleanup.use(await tempFolder('import')).path, name)
  await writeFile(file, text)
  return await importFile(file, { platform: 'linux/amd64' })
}

const MANIFEST_TOOL = `image: ghcr.io/t/app:1.0
tags: ['latest', '1.0']
manifests:
  - { image: ghcr.io/t/app-amd64:1.0, platform: { architecture: amd64, os: linux } }
  - image: ghcr.io/t/app-arm:1.0
    platform: { architecture: arm, os: linux, variant: v7, os.version: '10' , features: [sse4] }
  - { image: 'ghcr.io/t/app-own:1.0', annotations: { a: b } }
`

it('writes the images of a manifest-tool file once, for all its names', async () => {
  const { text, notes } = await importText('spec.yaml', MANIFEST_TOOL)
  expect(text).toContain(
    "  for (const name of ['ghcr.io/t/app:1.0', 'ghcr.io/t/app:latest']) {\n    await assemble(name, [\n      ",
  )
  expect(text).toContain("{ image: 'ghcr.io/t/app-arm:1.0', platform: 'linux/arm/v7' }")
  expect(text).toContain("'ghcr.io/t/app-own:1.0'")
  expect(notes).toEqual([
    "ghcr.io/t/app-arm:1.0: 'os.version' of the platform is taken from the image's config: '10'",
    "ghcr.io/t/app-arm:1.0: 'features' of the platform is without a counterpart: ['sse4']",
    "ghcr.io/t/app-own:1.0: 'annotations' has no counterpart: { a: 'b' }",
  ])
})

it.each([
  ['docker-bake.hcl', 'target "app" {}', /is HCL/],
  // Deep values would end the process with an error of V8, which cannot be caught.
  ['deep.yaml', '- '.repeat(20_000), /the kind of '.*deep.yaml' is unknown/],
  ['deep.json', '['.repeat(20_000), /the kind of '.*deep.json' is unknown/],
  ['notes.txt', 'nothing', /the kind of '.*notes.txt' is unknown/],
  ['bake.json', '{ "target": { "a": 1 } }', /target 'a' is not an object/],
  ['bake.json', '{ "target": { "a": { "tags": [1] } } }', /target 'a': 'tags' is not a list of strings/],
  [
    'bake.json',
    '{ "target": {}, "group": { "a": { "targets": 1 } } }',
    /group 'a': 'targets' is not a list of strings/,
  ],
  [
    'bake.json',
    '{ "target": {}, "group": { "a": { "targets": ["b"] } } }',
    /group 'a' names 'b', which is not a target/,
  ],
  ['spec.yaml', 'image: a/b\nmanifests: [a/c]\n', /an entry of the manifests has no image/],
  ['spec.yaml', 'image: a/b\nmanifests: []\n', /'manifests' is an empty list/],
  ['spec.yaml', 'image: a/b\ntags: x\nmanifests: [{ image: a/c }]\n', /'tags' is not a list of tags/],
  ['spec.yaml', 'image: a/b\nmanifests: [{ image: a/c, platform: linux }]\n', /the platform of 'a\/c' is not os/],
  ['spec.yaml', 'image: a/b\nmanifests: [{ image: a/c, platform: { os: linux } }]\n', /'a\/c' has no architecture/],
  ['spec.yaml', 'image: "::"\nmanifests: []\n', /'::' is not an image name/],
])('rejects %s: %.40s', async (name, text, message) => {
  await expect(importText(name, text)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) })
})

it('rejects a platform of another form', async () => {
  const host = { stdout: { write: () => true }, stderr: { write: () => true } } as never
  await expect(importCommand.run(['/nowhere/x'], { platform: 'arm64' }, host)).rejects.toMatchObject({
    message: expect.stringContaining("'arm64' is not a platform"),
  })
})

it('rejects a value without a name', async () => {
  const host = { stdout: { write: () => true }, stderr: { write: () => true } } as never
  await expect(importCommand.run(['/nowhere/x'], { set: ['TAG'] }, host)).rejects.toMatchObject({
    message: "--set: 'TAG' is not a name with a value",
  })
})

it('rejects a file that does not exist', async () => {
  await expect(importFile('/nowhere/x', { platform: 'linux/amd64' })).rejects.toMatchObject({ code: 'USAGE' })
})

it('text of the file never leaves a comment', async () => {
  for (const end of ['\r', '\n', '\r\n', '\u2028', '\u2029']) {
    const field = JSON.stringify(`x${end}process.exit(3)`)
    const spec = `image: ghcr.io/t/app:1.0\nmanifests:\n  - { image: ghcr.io/t/app-amd64:1.0, ${field}: 1 }\n`
    const { text } = await importText('spec.yaml', spec)
    expect(text).toMatch(/^\/\/ .*process\.exit\(3\)/m)
    const lines = text.split(/[\r\n\u2028\u2029]/)
    expect(lines.filter((line) => line.includes('process.exit(3)') && !line.startsWith('// '))).toEqual([])
  }
})
