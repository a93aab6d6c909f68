import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import type { CommandContext } from '../../src/cli/command.js'
import { tagsCommand } from '../../src/cli/commands/images/tags-command.js'
import { testRegistry } from '../registry-server/test-registry.js'

const OWN = [`polyarch-${'a'.repeat(64)}`, `polyarch-context-${'b'.repeat(64)}`]
const cleanup = new Cleanup()
let host: string

beforeAll(async () => {
  const { server } = cleanup.use(await testRegistry())
  host = server.host
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  for (const tag of ['1.0', 'polyarch-notes', ...OWN])
    await pushTinyImage({ url: server.url, repository: 'app' }, image, tag)
  await pushTinyImage({ url: server.url, repository: 'bare' }, image, '1.0')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

async function list(repository: string, flags: { readonly all?: boolean; readonly json?: boolean } = {}) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof written) => ({ write: (text: string) => (written[name] += text) })
  const context = { host: { env: {}, stdout: stream('stdout'), stderr: stream('stderr') }, pipelines: [], defaults: {} }
  await tagsCommand(`${host}/${repository}`, flags, context as unknown as CommandContext)
  return written
}

test("polyarch's own tags are counted, and listed with --all", async () => {
  const note = 'note: 2 tags of polyarch not listed; --all lists all\n'
  expect(await list('app')).toEqual({ stdout: '1.0\npolyarch-notes\n', stderr: note })
  expect(JSON.parse((await list('app', { json: true })).stdout)).toEqual(['1.0', 'polyarch-notes'])
  const all = await list('app', { all: true })
  expect([all.stdout.trim().split('\n').toSorted(), all.stderr]).toEqual([['1.0', ...OWN, 'polyarch-notes'], ''])
})

test('a repository without such tags has no note', async () => {
  expect(await list('bare')).toEqual({ stdout: '1.0\n', stderr: '' })
})
