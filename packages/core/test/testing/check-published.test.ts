import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { type AnyBase, definePlugin } from '../../src/definition/plugin.js'
import { createRegistry } from '../../src/registry/client.js'
import { startRegistry } from '../../src/registry-server/index.js'
import { checkPublished } from '../../src/testing/index.js'

const cleanup = new Cleanup()
afterAll(() => cleanup[Symbol.asyncDispose]())

it('tells what is there, what is not, and what nobody could look at', async () => {
  const { path } = cleanup.use(await tempFolder('published'))
  const server = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushTinyImage({ ...server, repository: 'base' }, image, '1')
  const location = join(path, 'root.tar')
  await writeFile(location, 'content')
  const sha256 = createHash('sha256').update('content').digest('hex')

  const sources: Readonly<Record<string, ReturnType<AnyBase['source']>>> = {
    there: { kind: 'registry', reference: `${server.host}/base:1`, configPolicy: 'require-match' },
    missing: { kind: 'registry', reference: `${server.host}/base:2`, configPolicy: 'require-match' },
    archive: { kind: 'rootfs', location, sha256 },
    changed: { kind: 'rootfs', location, sha256: '0'.repeat(64) },
    silent: { kind: 'rootfs', location: 'http://127.0.0.1:9/root.tar', sha256 },
    refused: { kind: 'refusal', message: 'no' },
  }
  const bases = Object.fromEntries(
    Object.entries(sources).map(([name, answer]): [string, AnyBase] => [
      name,
      { platforms: ['linux/amd64'], optionNames: [], source: () => answer },
    ]),
  )
  const cases = Object.fromEntries(Object.keys(sources).map((name) => [name, { accepted: [{}] }]))
  await using registry = createRegistry()
  const findings = await checkPublished(definePlugin({ name: 'test', bases }), cases, { registry })
  expect(Object.fromEntries(findings.map(({ base, state }) => [base, state]))).toEqual({
    there: 'true',
    missing: 'wrong',
    archive: 'true',
    changed: 'wrong',
    silent: 'unknown',
  })
})
