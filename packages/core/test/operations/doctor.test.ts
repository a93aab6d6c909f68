import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { openBuilders } from '../../src/builder/builders.js'
import type { Builder, BuilderInfo } from '../../src/builder/port.js'
import { CORE_KINDS } from '../../src/definition/plugin/kinds/made-base.js'
import { EngineError } from '../../src/model/errors.js'
import {
  checkDiskSpace,
  checkLimits,
  checkPackageEmulation,
  checkProxy,
  checkTools,
  existingDirectory,
} from '../../src/operations/doctor/host-check.js'
import { checkPlatforms } from '../../src/operations/doctor/platform-check.js'
import { unpainted } from '../../src/report/paint.js'
import { formatDiagnosis } from '../../src/report/text/diagnosis-text.js'
import { builderFeatures } from '../builder/builder-features.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const S390X = { os: 'linux', architecture: 's390x' }
const INFO: BuilderInfo = {
  address: 'tcp://engine.example:2376',
  version: '28.5.2',
  apiVersion: '1.51',
  native: AMD64,
  runnable: [AMD64],
  imageStore: 'containerd',
  features: builderFeatures(),
}

/** A builder that only returns its description. */
function builderThat(describe: () => Promise<BuilderInfo>): Builder {
  return { describe } as Partial<Builder> as Builder
}

describe('the builders', () => {
  test('is reported with its version, and each platform with its state and a hint', async () => {
    const [engine, native, foreign] = await checkPlatforms([builderThat(async () => INFO)], [AMD64, S390X], {})
    expect(engine).toMatchObject({ state: 'ok', message: expect.stringMatching(/28\.5\.2.*API 1\.51.*containerd/) })
    expect(native).toEqual({ subject: 'platform linux/amd64', state: 'ok', message: 'runs natively' })
    expect(foreign).toMatchObject({
      state: 'error',
      message: expect.stringContaining("'qemu-s390x'"),
      advice: expect.stringContaining('tonistiigi/binfmt --install s390x'),
    })
  })

  test('that does not answer is an error with a hint, and no exception', async () => {
    const gone = builderThat(() =>
      Promise.reject(new EngineError('ENGINE_UNREACHABLE', 'no engine answers', { hint: 'Start Docker' })),
    )
    expect(await checkPlatforms([gone], [AMD64], {})).toEqual([
      { subject: 'builder', state: 'error', message: 'no engine answers', advice: 'Start Docker' },
    ])
  })

  test('that has no BuildKit is an error, with what to use', async () => {
    const old = { Version: '18.06.3-ce', ApiVersion: '1.38', MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' }
    const server = createServer((_request, response) => response.end(JSON.stringify(old))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      await using builders = openBuilders({ engines: [`tcp://127.0.0.1:${port}`] }, { env: {} })
      const [finding] = await checkPlatforms(await builders.all(), [], {})
      expect(finding).toMatchObject({
        subject: 'builder',
        state: 'error',
        message: expect.stringContaining('BuildKit'),
      })
      expect(finding?.message).toContain('18.06.3-ce (API 1.38)')
      expect(finding?.advice).toContain('Docker Engine 20.10')
    } finally {
      server.close()
    }
  })

  test('are looked at together: one that answers, and one that runs the platform, is enough', async () => {
    const other = { ...INFO, address: 'ssh://big', native: S390X, runnable: [S390X, AMD64] }
    const engines = [async () => INFO, async () => other].map(builderThat)
    const gone = builderThat(() => Promise.reject(new EngineError('ENGINE_UNREACHABLE', 'no engine answers')))
    const found = await checkPlatforms([...engines, gone], [AMD64, S390X], {})
    expect(found.map(({ subject, state, message }) => [subject, state, message])).toEqual([
      ['builder', 'ok', expect.stringContaining(INFO.address)],
      ['builder', 'ok', expect.stringContaining('ssh://big')],
      ['builder', 'warning', 'no engine answers'],
      ['platform linux/amd64', 'ok', `runs natively on ${INFO.address}, runs by emulation on ssh://big`],
      ['platform linux/s390x', 'ok', 'runs natively on ssh://big'],
    ])
  })

  const LOCAL: BuilderInfo = { ...INFO, address: 'unix:///var/run/docker.sock', runnable: [AMD64, S390X] }

  test.each([
    ['enabled', 'OCF', true, 'ok', 'runs by emulation (qemu-s390x)'],
    ['enabled', 'F', true, 'ok', 'runs by emulation (qemu-s390x)'],
    ['enabled', 'OC', true, 'error', expect.stringContaining('without the flag F')],
    // BuildKit tries its emulators, and does not list one that is not found in its container.
    ['enabled', '', false, 'error', expect.stringContaining('containers cannot use its emulator')],
    ['enabled', 'F', false, 'error', expect.stringContaining("'qemu-s390x' exists, but its emulator does not work")],
    ['disabled', 'F', false, 'error', "'qemu-s390x' is registered but disabled"],
  ])(
    "on this machine, with an emulator that is %s, of the flags '%s', used: %s",
    async (on, flags, runs, state, message) => {
      await using folder = await tempFolder('binfmt')
      const entry = [on, 'interpreter /usr/bin/qemu-s390x-static', `flags: ${flags}`, 'offset 0', '']
      await writeFile(join(folder.path, 'qemu-s390x'), entry.join('\n'))
      const engine = builderThat(async () => (runs ? LOCAL : { ...LOCAL, runnable: [AMD64] }))
      const [, finding] = await checkPlatforms([engine], [S390X], { binfmt: folder.path })
      expect(finding).toMatchObject({ subject: 'platform linux/s390x', state, message })
      if (state === 'error') expect(finding?.advice).toMatch(/tonistiigi\/binfmt --install s390x|echo 1 >/)
    },
  )

  test('elsewhere is trusted about what it reports of its emulators', async () => {
    const remote = builderThat(async () => ({ ...LOCAL, address: 'ssh://builder' }))
    const [, finding] = await checkPlatforms([remote], [S390X], { binfmt: '/no/such/folder' })
    expect(finding).toMatchObject({ state: 'ok', message: 'runs by emulation' })
  })

  test('on this machine is reported with the free space of its image folder', async () => {
    await using folder = await tempFolder('data-root')
    await mkdir(join(folder.path, 'docker'))
    const dataRoot = join(folder.path, 'docker')
    const local = await checkPlatforms([builderThat(async () => ({ ...LOCAL, dataRoot }))], [], {})
    expect(local[1]).toMatchObject({ subject: 'disk', message: expect.stringContaining(` free in ${dataRoot}`) })
    const remote = await checkPlatforms([builderThat(async () => ({ ...INFO, dataRoot }))], [], {})
    expect(remote).toHaveLength(1)
  })
})

describe('this machine', () => {
  const KINDS = Object.values(CORE_KINDS)

  test('lacks tools only if they are needed', async () => {
    const nowhere = { PATH: '/nowhere' }
    expect(await checkTools(nowhere, KINDS, 0)).toMatchObject([
      { state: 'error', advice: expect.stringMatching(/apt-get install mmdebstrap arch-test xz-utils zstd$/) },
    ])
    expect(await checkTools(nowhere, KINDS, 1000)).toMatchObject([
      {
        message: expect.stringContaining('newuidmap, newgidmap'),
        advice: expect.stringMatching(/mmdebstrap arch-test uidmap xz-utils zstd$/),
      },
    ])
    expect(await checkTools(nowhere, [], 1000)).toMatchObject([{ state: 'ok' }])
  })

  test('accepts a program that serves as well', async () => {
    await using folder = await tempFolder('tools')
    await writeFile(join(folder.path, 'dnf5'), '', { mode: 0o755 })
    const kind = { ...CORE_KINDS.apt, tools: [{ program: 'dnf', alternatives: ['dnf5'], package: 'dnf' }] }
    const [finding] = await checkTools({ PATH: folder.path }, [kind as never], 0)
    expect(finding).toMatchObject({ state: 'ok' })
  })

  test('finds tools on the PATH, and those of packages that only others than root need', async () => {
    await using folder = await tempFolder('tools')
    for (const tool of ['mmdebstrap', 'arch-test', 'xz', 'zstd']) {
      await writeFile(join(folder.path, tool), '', { mode: 0o755 })
    }
    const env = { PATH: `/nowhere:${folder.path}` }
    expect(await checkTools(env, KINDS, 0)).toMatchObject([{ state: 'ok' }])
    expect(await checkTools(env, KINDS, 1000)).toMatchObject([
      { state: 'error', advice: expect.stringMatching(/apt-get install uidmap$/) },
    ])
  })

  test('runs the programs of some packages, and of others names what is missing', async () => {
    expect(await checkPackageEmulation(['hppa'])).toMatchObject([
      { subject: 'packages for hppa', state: 'error', advice: expect.stringContaining('qemu-user-static') },
    ])
    const own = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64']
    expect(await checkPackageEmulation([own])).toMatchObject([{ subject: `packages for ${own}`, state: 'ok' }])
  })

  test.each([
    [0, '1048576', { user: '0' }, [['ok', '1048576 open files are allowed']]],
    [1000, 'unlimited', {}, []],
    [1000, '256', { user: '15000' }, [['warning', 'only 256 open files are allowed']]],
    [1000, '4096', { user: '0' }, [['ok'], ['warning', expect.stringContaining('user namespaces are disabled')]]],
    [1000, '4096', { clone: '0' }, [['ok'], ['warning', expect.stringContaining('user namespaces are disabled')]]],
  ])('reports the limits of its kernel, for user %i with %s open files', async (uid, files, spaces, expected) => {
    await using proc = await tempFolder('proc')
    for (const name of ['self', 'sys/user', 'sys/kernel']) await mkdir(join(proc.path, name), { recursive: true })
    const limits = `Limit        Soft Limit  Hard Limit  Units\nMax open files  ${files}  1048576  files\n`
    await writeFile(join(proc.path, 'self/limits'), limits)
    const { user, clone } = spaces as { readonly user?: string; readonly clone?: string }
    if (user !== undefined) await writeFile(join(proc.path, 'sys/user/max_user_namespaces'), `${user}\n`)
    if (clone !== undefined) await writeFile(join(proc.path, 'sys/kernel/unprivileged_userns_clone'), `${clone}\n`)
    const findings = await checkLimits(uid, proc.path)
    expect(findings.map(({ state, message }) => [state, message])).toEqual(
      expected.map(([state, message = expect.any(String)]) => [state, message]),
    )
    for (const { state, advice } of findings) if (state !== 'ok') expect(advice).toMatch(/ulimit -n|sysctl /)
  })

  test('reports its free space, of folders that are there', async () => {
    expect(await checkDiskSpace(['/', '/no/such/folder'])).toMatchObject([{ subject: 'disk' }])
    // A file system without a byte of room.
    expect(await checkDiskSpace(['/proc'])).toMatchObject([
      { state: 'warning', message: '0 B free in /proc', advice: expect.stringContaining('docker system prune') },
    ])
  })

  test('reports the free space of the registry, also before its directory is made', async () => {
    await using folder = await tempFolder('doctor')
    expect(await existingDirectory(join(folder.path, 'registry', 'embedded'))).toBe(folder.path)
    expect(await existingDirectory(folder.path)).toBe(folder.path)
    expect(await existingDirectory('/no/such/folder')).toBe('/')
  })

  test('reports proxies without their logins, and settings that contradict each other', () => {
    expect(checkProxy({})).toMatchObject([{ state: 'ok', message: 'none is set' }])
    const [finding] = checkProxy({ HTTPS_PROXY: 'http://me:secret@proxy.example:3128' })
    expect(finding).toMatchObject({ state: 'ok', message: 'HTTPS_PROXY is http://proxy.example:3128' })
    expect(checkProxy({ NO_PROXY: 'a', no_proxy: 'b' })).toMatchObject([{ state: 'warning' }])
  })
})

test('as text: a line each, and what to do below', () => {
  const findings = [
    { subject: 'disk', state: 'ok', message: '9.0 GB free in /tmp' },
    { subject: 'builder', state: 'error', message: 'no engine answers', advice: 'Start Docker' },
  ] as const
  expect(formatDiagnosis({ findings }, unpainted)).toBe(
    [
      'ok       disk: 9.0 GB free in /tmp',
      'error    builder: no engine answers',
      '         hint: Start Docker',
      '1 error, 0 warnings',
      '',
    ].join('\n'),
  )
})
