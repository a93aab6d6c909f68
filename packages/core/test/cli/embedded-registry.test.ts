import { request } from 'node:http'
import { afterAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { printPullHint } from '../../src/cli/commands/pull-hint.js'
import { main } from '../../src/cli/main.js'
import type { Digest } from '../../src/model/digest.js'
import { startRegistry } from '../../src/registry-server/index.js'

const cleanup = new Cleanup()
afterAll(() => cleanup[Symbol.asyncDispose]())

/** What a command writes, and the signal that ends it. */
function newHost(argv: readonly string[]) {
  let written = ''
  const write = (text: string) => {
    written += text
  }
  const listeners: (() => void)[] = []
  const host = {
    argv: ['node', 'build.ts', ...argv],
    env: {},
    stdout: { write },
    stderr: { write },
    on: (_signal: string, listener: () => void) => void listeners.push(listener),
    off: () => {},
  }
  return { host, written: () => written, interrupt: () => listeners[0]?.() }
}

function statusOf(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers: { host } }, (answer) => resolve(answer.resume().statusCode))
    sent.on('error', reject).end()
  })
}

/** Whether an index is accepted whose images the registry lacks. */
async function takesSparse(url: string): Promise<boolean> {
  const { bytes, descriptor } = tinyIndex([await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })])
  const headers = { 'content-type': descriptor.mediaType }
  return (await fetch(`${url}/v2/app/manifests/1`, { method: 'PUT', headers, body: Buffer.from(bytes) })).ok
}

describe('serve', () => {
  it.each([
    { flags: ['--host-name', 'reg.lan', '--sparse'], status: 200, sparse: true },
    { flags: [], status: 403, sparse: false },
  ])('with the flags $flags', async ({ flags, status, sparse }) => {
    const { path } = cleanup.use(await tempFolder('serve'))
    const { host, written, interrupt } = newHost(['serve', path, '--port', '0', ...flags])
    const ended = main([], host)
    await expect.poll(written).toMatch(/ at \S+ /)
    const [, address = ''] = / at (\S+) /.exec(written()) ?? []
    expect(await statusOf(`http://${address}/v2/`, 'reg.lan:5000')).toBe(status)
    expect(await takesSparse(`http://${address}`)).toBe(sparse)
    interrupt()
    await ended
  })
})

describe('the end of a run on the embedded registry', () => {
  const to = `sha256:${'a'.repeat(64)}` as Digest
  const report = {
    version: 1,
    outcome: 'succeeded',
    nodes: [],
    tags: [{ reference: '127.0.0.1:43111/team/app:1.0', to }],
    notes: [],
  } as const

  it('reports how to pull what it published', async () => {
    const { path } = cleanup.use(await tempFolder('pull-hint'))
    const { host, written } = newHost([])
    await printPullHint(report, `embedded:${path}`, { host: host })
    expect(written()).toBe(
      `the registry ended with this run; to pull: npx tsx build.ts serve ${path}\n` +
        'and in another terminal: docker pull 127.0.0.1:5000/team/app:1.0\n',
    )
  })

  it('prints nothing if the port stays, or nothing was published', async () => {
    const { path } = cleanup.use(await tempFolder('pull-hint'))
    const { host, written } = newHost([])
    await printPullHint({ ...report, tags: [] }, `embedded:${path}`, { host: host })
    await printPullHint(report, 'registry.example.com', { host: host })
    await printPullHint(report, undefined, { host: host })
    await using _server = await startRegistry({ directory: path })
    await printPullHint(report, `embedded:${path}`, { host: host })
    expect(written()).toBe('')
  })
})
