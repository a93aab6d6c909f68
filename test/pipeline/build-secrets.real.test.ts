import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect as print } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type BuildSettings,
  type ExecuteOptions,
  execute,
  fromImage,
  lock,
  type Pipeline,
  pipeline,
  plan,
  platform,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { staticCredentials } from '../../packages/core/src/registry/index.js'
import { formatReportPage } from '../../packages/core/src/report/html/report-page.js'
import { plainReporter } from '../../packages/core/src/report/plain.js'
import { RunRecorder } from '../../packages/core/src/report/record/run-record.js'
import { formatError } from '../../packages/core/src/report/text/error-text.js'
import { formatPlan } from '../../packages/core/src/report/text/plan-text.js'
import { formatReport } from '../../packages/core/src/report/text/report-text.js'
import { ENGINES, engineHost } from '../../packages/core/test/builder/engines.js'
import { runProgram, startProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../support/debian-registry.js'
import { programFiles } from '../support/program-files.js'
import { type SshServer, startSshServer } from '../support/ssh-server.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase } from './project.js'

const VENDOR = { username: 'reader', password: `vendor-${randomUUID()}` }
const OWN = { username: 'builder', password: `own-${randomUUID()}` }
const SECRETS = { file: randomUUID(), env: randomUUID(), value: randomUUID(), other: randomUUID() }

/** Prints nothing of a secret: what a step prints is its own affair. */
const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
ARG PORT
RUN --mount=type=secret,id=file --mount=type=secret,id=env --mount=type=secret,id=value,target=/v cat /run/secrets/file /run/secrets/env /v | sha256sum > /seen
RUN --mount=type=ssh ssh -p $PORT -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1 > /by-agent
RUN --mount=type=ssh,id=deploy ssh -p $PORT -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1 > /by-key
RUN cat /seen /by-agent /by-key && test ! -e /run/secrets/file && test -z "$SSH_AUTH_SOCK"
`

const cleanup = new Cleanup()
let folder: string
let vendor: DebianRegistry
let own: DebianRegistry
let server: SshServer
let agent: string
let privateKey: string

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('secrets')).path
  vendor = cleanup.use(await startDebianRegistry({ auth: 'htpasswd', login: VENDOR }))
  own = cleanup.use(await startDebianRegistry({ auth: 'htpasswd', login: OWN }))
  agent = join(folder, 'agent.sock')
  cleanup.use(await startProgram({ command: 'ssh-agent', args: ['-D', '-a', agent], readyLine: () => true }))
  const [inAgent, inFile] = ['in-agent', 'in-file'].map((name) => join(folder, name)) as [string, string]
  await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', inAgent])
  await runProgram('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', inFile])
  await runProgram('ssh-add', ['-q', inAgent], { env: { ...process.env, SSH_AUTH_SOCK: agent } })
  const publicKeys = await Promise.all([inAgent, inFile].map((key) => readFile(`${key}.pub`, 'utf8')))
  server = cleanup.use(await startSshServer(publicKeys, { greeting: 'let-in' }))
  privateKey = await readFile(inFile, 'utf8')
  await mkdir(join(folder, 'context'))
  await writeFile(join(folder, 'secret-file'), SECRETS.file)
  process.env['POLYARCH_TEST_SECRET'] = SECRETS.env
})
afterAll(async () => {
  delete process.env['POLYARCH_TEST_SECRET']
  await cleanup[Symbol.asyncDispose]()
})

async function appWith(build: BuildSettings): Promise<Pipeline> {
  const word = randomUUID()
  const programs = Object.entries(await programFiles('/usr/bin/ssh'))
  const executables = programs.map(([path, content]) => [path, { content, mode: 0o755 }])
  const files = { ...Object.fromEntries(executables), unheard: word }
  const base = await pushBase(
    { ...vendor, repository: word },
    { platform: AMD64, files, config: { Env: ['PATH=/bin:/usr/bin'] } },
  )
  return pipeline(`${own.host}/team/${word}`)
    .platforms(platform('amd64', { base: fromImage(base) }))
    .build({
      context: join(folder, 'context'),
      dockerfileInline: DOCKERFILE,
      args: { PORT: String(server.port) },
      network: 'host',
      secrets: {
        file: { file: join(folder, 'secret-file') },
        env: { env: 'POLYARCH_TEST_SECRET' },
        value: { value: SECRETS.value },
        other: { value: () => SECRETS.other },
      },
      ssh: { default: { agent }, deploy: { keys: [join(folder, 'in-file')] } },
      ...build,
    })
    .tags('1')
}

/** No secret, in any common encoding. */
function expectNoSecret(text: string | Buffer): void {
  const bytes = Buffer.from(text)
  const key = privateKey.split('\n').slice(1, 4)
  for (const secret of [...Object.values(SECRETS), VENDOR.password, OWN.password, ...key]) {
    for (const form of [secret, Buffer.from(secret).toString('base64').slice(0, -4), encodeURIComponent(secret)]) {
      expect(bytes.includes(form)).toBe(false)
    }
  }
}

/** Everything that a repository holds, unpacked. */
async function allContent(repository: string): Promise<Buffer> {
  const headers = { authorization: `Basic ${Buffer.from(`${OWN.username}:${OWN.password}`).toString('base64')}` }
  const accept =
    'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json'
  const get = async (path: string) => {
    const response = await fetch(`${own.url}/v2/${repository}/${path}`, { headers: { ...headers, accept } })
    expect(response.status).toBe(200)
    return Buffer.from(await response.arrayBuffer())
  }
  const { tags } = JSON.parse((await get('tags/list')).toString()) as { tags: readonly string[] }
  const seen = new Map<string, Buffer>()
  const open = tags.map((tag) => `manifests/${tag}`)
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue
    const bytes = await get(path)
    seen.set(path, bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes)
    if (!path.startsWith('manifests/')) continue
    const { manifests = [], config, layers = [] } = JSON.parse(bytes.toString()) as Record<string, never>
    open.push(...[...(manifests as { digest: string }[])].map(({ digest }) => `manifests/${digest}`))
    open.push(...[...(config ? [config] : []), ...layers].map(({ digest }: { digest: string }) => `blobs/${digest}`))
  }
  expect(seen.size).toBeGreaterThan(4)
  return Buffer.concat([Buffer.from(tags.join('\n')), ...seen.values()])
}

/** What is shown of a run: all lines of its log, and the page about it. */
async function shown(events: readonly RunEvent[]): Promise<readonly string[]> {
  const lines: string[] = []
  const reporter = plainReporter({ write: (text) => void lines.push(text), verbose: true })
  const recorder = new RunRecorder()
  for (const event of events) {
    reporter.report(event)
    recorder.add(event)
  }
  return [lines.join(''), await formatReportPage(recorder.record())]
}

describe.each(ENGINES)('%s', (name) => {
  let options: ExecuteOptions

  beforeAll(async () => {
    const { host } = cleanup.use(await engineHost(name))
    const credentials = staticCredentials({
      [vendor.host]: { kind: 'password', ...VENDOR },
      [own.host]: { kind: 'password', ...OWN },
    })
    options = { engine: { host }, registryClient: { credentials }, directory: folder }
  })

  it('builds on a private base with secrets, an ssh agent and an ssh key, and prints none of them', async () => {
    const app = await appWith({})
    const events: RunEvent[] = []
    const planned = await plan(app, options)
    const report = await execute(app, { ...options, onEvent: (event) => events.push(event) })
    expect(report.outcome).toBe('succeeded')
    const printed = events.map((one) => (one.kind === 'work' && one.event.kind === 'build-log' ? one.event.text : ''))
    const { stdout } = await runProgram('sh', [
      '-c',
      'printf %s "$1" | sha256sum',
      'sh',
      SECRETS.file + SECRETS.env + SECRETS.value,
    ])
    expect(printed.join('')).toContain(`${stdout.trim()}\nlet-in\nlet-in\n`)
    const { engine: _builds, ...locking } = options
    const locked = await lock(app, locking)
    for (const reported of [planned, events, report, locked, app.declaration.repository]) {
      expectNoSecret(JSON.stringify(reported))
      expectNoSecret(print(reported, { depth: Infinity, showHidden: true, maxStringLength: Infinity }))
    }
    const pages = [formatPlan(planned), formatReport(report), await readFile(join(folder, 'polyarch.lock'), 'utf8')]
    for (const text of [...pages, ...(await shown(events))]) {
      // None is empty by mistake.
      expect(text).toContain(app.declaration.repository.split('/').at(-1))
      expectNoSecret(text)
    }
    expectNoSecret(await allContent(app.declaration.repository.slice(own.host.length + 1)))
  })

  it('a build that fails prints none of them either', async () => {
    const app = await appWith({ dockerfileInline: `${DOCKERFILE}RUN --mount=type=secret,id=value false\n` })
    const events: RunEvent[] = []
    const failing = execute(app, { ...options, onEvent: (event) => events.push(event) })
    const error = await failing.catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'BUILD_FAILED' })
    expectNoSecret(print([error, events], { depth: Infinity, showHidden: true, maxStringLength: Infinity }))
    for (const text of [formatError(error, { verbose: true }), ...(await shown(events))]) expectNoSecret(text)
  })
})

it('a secret that is not there stops the run before anything is built, as an error of the plan', async () => {
  const app = await appWith({ secrets: { file: { file: 'nowhere' } } })
  const credentials = staticCredentials({
    [vendor.host]: { kind: 'password', ...VENDOR },
    [own.host]: { kind: 'password', ...OWN },
  })
  const { errors } = await plan(app, { registryClient: { credentials }, directory: folder })
  expect(errors).toMatchObject([
    { code: 'SECRET_UNAVAILABLE', message: expect.stringContaining("secret 'file' is in") },
  ])
})
