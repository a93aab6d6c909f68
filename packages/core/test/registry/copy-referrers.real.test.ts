import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { sidProgramPath } from '../../../../scripts/setup/sid-programs.mjs'
import { runProgram } from '../../../../test/support/child.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { copy, inspect } from '../../src/operations/images/index.js'
import { startRegistry } from '../../src/registry-server/index.js'

beforeAll(() => {
  if (!existsSync(sidProgramPath('oras'))) throw new Error('oras has not been fetched: run `npm test`, which does')
})

const oras = async (...args: readonly string[]) => (await runProgram(sidProgramPath('oras'), [...args])).stdout

/** The artifact types of an image's referrers, and of their referrers, that oras finds, sorted. */
async function discover(...target: readonly string[]): Promise<readonly string[]> {
  interface Found {
    readonly artifactType?: string
    readonly referrers?: readonly Found[]
  }
  const typesOf = ({ artifactType, referrers = [] }: Found): readonly string[] => [
    ...(artifactType === undefined ? [] : [artifactType]),
    ...referrers.flatMap(typesOf),
  ]
  const { referrers = [] } = JSON.parse(await oras('discover', '--format', 'json', ...target)) as Found
  return referrers.flatMap(typesOf).toSorted()
}

// docker-registry 2.8 has no referrers API, so oras and this client write the list under a tag.
test('copies the referrers that oras attached, so that oras finds them in registries and layouts', async () => {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('attached'))
  const source = cleanup.use(await startDebianRegistry())
  const target = cleanup.use(await startDebianRegistry())
  const embedded = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const index = tinyIndex([image])
  await pushTinyImage({ url: source.url, repository: 'app' }, image)
  await pushManifest({ url: source.url, repository: 'app' }, index, '1')
  await writeFile(join(path, 'sbom.txt'), 'all that is in it')
  const attach = async (reference: string, type: string) => {
    const args = ['--plain-http', '--disable-path-validation', '--format', 'json', '--artifact-type', type]
    const made = JSON.parse(await oras('attach', ...args, reference, join(path, 'sbom.txt'))) as { digest: string }
    return made.digest
  }
  const sbom = await attach(`${source.host}/app:1`, 'text/x-sbom')
  await attach(`${source.host}/app@${sbom}`, 'text/x-signature')
  await attach(`${source.host}/app@${image.manifest.descriptor.digest}`, 'text/x-note')

  const names = [`${embedded.host}/copied:1`, `oci:${join(path, 'layout')}:app`, `${target.host}/copied:1`]
  const chain = [`${source.host}/app:1`, ...names]
  for (const [at, name] of names.entries()) {
    const { referrers, notes } = await copy(chain[at] ?? '', name)
    expect(referrers).toHaveLength(3)
    expect(notes).toEqual([])
  }
  const ofImage = (place: string) => `${place}@${image.manifest.descriptor.digest}`
  for (const host of [embedded.host, target.host]) {
    expect(await discover('--plain-http', `${host}/copied:1`)).toEqual(['text/x-sbom', 'text/x-signature'])
    expect(await discover('--plain-http', ofImage(`${host}/copied`))).toEqual(['text/x-note'])
    expect((await inspect(`${host}/copied:1`)).images).toHaveLength(1)
  }
  const layout = join(path, 'layout')
  expect(await discover('--oci-layout', `${layout}:app`)).toEqual(['text/x-sbom', 'text/x-signature'])
  expect(await discover('--oci-layout', ofImage(layout))).toEqual(['text/x-note'])
})
