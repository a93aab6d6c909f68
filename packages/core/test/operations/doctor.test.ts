import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Engine, EngineInfo } from '../../src/engine/port.js'
import { EngineError } from '../../src/model/errors.js'
import { checkEngines } from '../../src/operations/doctor/engine-check.js'
import { checkProxy, checkRoom, checkTools } from '../../src/operations/doctor/host-check.js'
import { checkRegistry } from '../../src/operations/doctor/registry-check.js'
import { staticCredentials } from '../../src/registry/credentials.js'
import { formatDiagnosis } from '../../src/report/diagnosis-text.js'
import { unpainted } from '../../src/report/paint.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const S390X = { os: 'linux', architecture: 's390x' }
const INFO: EngineInfo = {
  address: 'tcp://engine.example:2376',
  version: '28.5.2',
  apiVersion: '1.51',
  native: AMD64,
  runnable: [AMD64],
  imageStore: 'containerd',
}

/** An engine that only tells what it is. */
function engineThat(info: () => Promise<EngineInfo>): Engine {
  return { info } as Partial<Engine> as Engine
}

describe('the engine', () => {
  test('is told with its version, and each platform with what it lacks and what to do', async () => {
    const [engine, native, foreign] = await checkEngines([engineThat(async () => INFO)], [AMD64, S390X], undefined)
    expect(engine).toMatchObject({ state: 'ok', message: expect.stringMatching(/28\.5\.2.*API 1\.51.*containerd/) })
    expect(native).toEqual({ subject: 'platform linux/amd64', state: 'ok', message: 'runs natively' })
    expect(foreign).toMatchObject({
      state: 'problem',
      message: expect.stringContaining("'qemu-s390x'"),
      advice: expect.stringContaining('tonistiigi/binfmt --install s390x'),
    })
  })

  test('that does not answer is a problem with something to do, and no exception', async () => {
    const gone = engineThat(() =>
      Promise.reject(new EngineError('ENGINE_UNREACHABLE', 'no engine answers', { hint: 'Start Docker' })),
    )
    expect(await checkEngines([gone], [AMD64], undefined)).toEqual([
      { subject: 'engine', state: 'problem', message: 'no engine answers', advice: 'Start Docker' },
    ])
  })

  test('are looked at together: one that answers, and one that runs the platform, is enough', async () => {
    const other = { ...INFO, address: 'ssh://big', native: S390X, runnable: [S390X, AMD64] }
    const engines = [async () => INFO, async () => other].map(engineThat)
    const gone = engineThat(() => Promise.reject(new EngineError('ENGINE_UNREACHABLE', 'no engine answers')))
    const found = await checkEngines([...engines, gone], [AMD64, S390X], undefined)
    expect(found.map(({ subject, state, message }) => [subject, state, message])).toEqual([
      ['engine', 'ok', expect.stringContaining(INFO.address)],
      ['engine', 'ok', expect.stringContaining('ssh://big')],
      ['engine', 'warning', 'no engine answers'],
      ['platform linux/amd64', 'ok', `runs natively on ${INFO.address}, runs by emulation on ssh://big`],
      ['platform linux/s390x', 'ok', 'runs natively on ssh://big'],
    ])
  })
})

/** A server that answers every request alike, as far as a registry is asked here. */
async function registryThat(status: number, date = new Date()): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { date: date.toUTCString() }).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a registry', () => {
  const nobody = staticCredentials({})

  test('that wants no login is fine', async () => {
    const host = await registryThat(200)
    expect(await checkRegistry({ host, isTarget: true }, nobody, undefined)).toMatchObject([{ state: 'ok' }])
  })

  test('that wants a login which is not known is a problem where images are pushed to it', async () => {
    const host = await registryThat(401)
    expect(await checkRegistry({ host, isTarget: true }, nobody, undefined)).toMatchObject([
      { state: 'problem', advice: `docker login ${host}` },
    ])
    expect(await checkRegistry({ host, isTarget: false }, nobody, undefined)).toMatchObject([{ state: 'ok' }])
    const known = staticCredentials({ [host]: { kind: 'password', username: 'me', password: 'secret' } })
    expect(await checkRegistry({ host, isTarget: true }, known, undefined)).toMatchObject([{ state: 'ok' }])
  })

  test('whose clock differs is told', async () => {
    const host = await registryThat(200, new Date(Date.now() - 600_000))
    const [, clock] = await checkRegistry({ host, isTarget: true }, nobody, undefined)
    expect(clock).toMatchObject({
      subject: 'clock',
      state: 'warning',
      message: expect.stringMatching(/differs by (599|60\d) s/),
    })
  })

  test('that does not answer is a problem', async () => {
    const [finding] = await checkRegistry({ host: '127.0.0.1:1', isTarget: true }, nobody, undefined)
    expect(finding).toMatchObject({ state: 'problem', message: expect.stringContaining('does not answer') })
  })
})

describe('this machine', () => {
  test('lacks tools only where they are needed', async () => {
    expect(await checkTools({ PATH: '/nowhere' }, true)).toMatchObject([
      { state: 'problem', advice: expect.stringContaining('apt-get install mmdebstrap arch-test xz-utils zstd') },
    ])
    expect(await checkTools({ PATH: '/nowhere' }, false)).toMatchObject([{ state: 'ok' }])
  })

  test('tells its room, of folders that are there', async () => {
    expect(await checkRoom(['/', '/no/such/folder'])).toMatchObject([{ subject: 'disk' }])
  })

  test('tells proxies without their logins, and settings that contradict each other', () => {
    expect(checkProxy({})).toMatchObject([{ state: 'ok', message: 'none is set' }])
    const [finding] = checkProxy({ HTTPS_PROXY: 'http://me:secret@proxy.example:3128' })
    expect(finding).toMatchObject({ state: 'ok', message: 'HTTPS_PROXY is http://proxy.example:3128' })
    expect(checkProxy({ NO_PROXY: 'a', no_proxy: 'b' })).toMatchObject([{ state: 'warning' }])
  })
})

test('as text: a line each, and what to do below', () => {
  const findings = [
    { subject: 'disk', state: 'ok', message: '9.0 GB free in /tmp' },
    { subject: 'engine', state: 'problem', message: 'no engine answers', advice: 'Start Docker' },
  ] as const
  expect(formatDiagnosis({ findings }, unpainted)).toBe(
    [
      'ok       disk: 9.0 GB free in /tmp',
      'problem  engine: no engine answers',
      '         hint: Start Docker',
      '1 problem, 0 warnings',
      '',
    ].join('\n'),
  )
})
