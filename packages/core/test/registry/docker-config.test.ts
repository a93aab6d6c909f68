import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { firstCredentials, staticCredentials } from '../../src/registry/auth/credentials.js'
import { dockerConfigCredentials, openDockerConfiguration } from '../../src/registry/auth/docker-config.js'

let folder: TempFolder

beforeEach(async () => {
  folder = await tempFolder('docker-config')
})
afterEach(() => folder[Symbol.asyncDispose]())

async function writeConfig(config: unknown): Promise<void> {
  await writeFile(join(folder.path, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
}

/** Puts a helper into a folder that is all the PATH there is beside the shell's. */
async function writeHelper(name: string, script: string): Promise<void> {
  await mkdir(join(folder.path, 'bin'), { recursive: true })
  await writeFile(join(folder.path, 'bin', `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

const store = () =>
  dockerConfigCredentials({ env: { DOCKER_CONFIG: folder.path, PATH: `${join(folder.path, 'bin')}:/bin:/usr/bin` } })

test('a configuration reads the file once, for logins and proxies', async () => {
  await writeConfig({
    auths: { 'ghcr.io': { username: 'a', password: 'b' } },
    proxies: { default: { httpProxy: 'http://proxy.example.com' } },
  })
  const configuration = openDockerConfiguration({ DOCKER_CONFIG: folder.path })
  expect(await configuration.credentials.find('ghcr.io')).toMatchObject({ username: 'a' })
  await writeConfig({})
  expect(await configuration.proxies()).toEqual(new Map([['default', { HTTP_PROXY: 'http://proxy.example.com' }]]))
})

describe('dockerConfigCredentials', () => {
  test('ends a helper whose search is cancelled', async () => {
    const log = join(folder.path, 'log')
    await writeHelper('slow', `echo $$ > ${log}; exec sleep 600`)
    await writeConfig({ credsStore: 'slow' })
    const cancelling = new AbortController()
    const search = store().find('ghcr.io', { signal: cancelling.signal })
    await expect.poll(() => readFile(log, 'utf8').catch(() => '')).toMatch(/\d/)
    cancelling.abort()
    await expect(search).rejects.toMatchObject({ code: 'CANCELLED' })
    const pid = Number(await readFile(log, 'utf8'))
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  test('finds nothing if there is no file', async () => {
    expect(await store().find('ghcr.io')).toBeUndefined()
  })

  test('finds the file in the home folder, and the one that is given before all', async () => {
    const at = join(folder.path, '.docker')
    await mkdir(at)
    await writeFile(join(at, 'config.json'), JSON.stringify({ auths: { 'ghcr.io': { username: 'a', password: 'b' } } }))
    await writeConfig({ auths: {} })
    const env = { HOME: folder.path }
    expect(await dockerConfigCredentials({ env }).find('ghcr.io')).toMatchObject({ username: 'a' })
    const file = join(folder.path, 'config.json')
    expect(await dockerConfigCredentials({ env, file }).find('ghcr.io')).toBeUndefined()
  })

  test.each(['https://index.docker.io/v1/', 'docker.io', 'registry-1.docker.io'])(
    'finds Docker Hub under %s',
    async (key) => {
      await writeConfig({ auths: { [key]: { username: 'a', password: 'b' } } })
      expect(await store().find('docker.io')).toEqual({ kind: 'password', username: 'a', password: 'b' })
    },
  )

  test('uses the helper of a host, else the store; the file only if neither is named', async () => {
    await writeHelper('cloud', `read host; echo "{\\"Username\\":\\"cloud for $host\\",\\"Secret\\":\\"s\\"}"`)
    await writeHelper(
      'chain',
      'read host; [ "$host" = known.example.com ] && echo \'{"Username":"<token>","Secret":"t"}\' && exit; echo "credentials not found in native keychain"; exit 1',
    )
    await writeConfig({
      auths: {
        'file.example.com': { username: 'file', password: 'p' },
        'known.example.com': { username: 'old', password: 'p' },
        'other.example.com': { username: 'not used by docker', password: 'p' },
      },
      credHelpers: { 'cloud.example.com': 'cloud', 'docker.io': 'cloud', 'file.example.com': '' },
      credsStore: 'chain',
    })
    const credentials = store()
    expect(await credentials.find('cloud.example.com')).toMatchObject({ username: 'cloud for cloud.example.com' })
    expect(await credentials.find('docker.io')).toMatchObject({ username: 'cloud for https://index.docker.io/v1/' })
    expect(await credentials.find('known.example.com')).toEqual({ kind: 'identity-token', token: 't' })
    expect(await credentials.find('file.example.com')).toMatchObject({ username: 'file' })
    expect(await credentials.find('other.example.com')).toBeUndefined()
  })

  test.each([
    ['is missing', undefined],
    ['fails', 'echo s3cret; echo s3cret >&2; exit 3'],
    ['says what is not JSON', 'echo s3cret'],
  ])('a helper that %s is an error, without its output', async (_, script) => {
    if (script !== undefined) await writeHelper('broken', script)
    await writeConfig({ credsStore: 'broken' })
    const error = await store()
      .find('ghcr.io')
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringContaining('docker-credential-broken'),
    })
    expect(inspect(error, { depth: 10 })).not.toContain('s3cret')
  })

  test('a helper name that is a path is not run', async () => {
    await writeConfig({ credsStore: '../../tmp/evil' })
    await expect(store().find('ghcr.io')).rejects.toMatchObject({ code: 'CREDENTIALS_UNREADABLE' })
  })

  test('a file that is not JSON is an error, which does not quote it', async () => {
    await writeConfig('{"auths": s3cret')
    const error = await store()
      .find('ghcr.io')
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE' })
    expect(inspect(error, { depth: 10 })).not.toContain('s3cret')
  })
})

test('logins at hand are matched exactly, and several stores are queried in order', async () => {
  const login = (username: string) => ({ kind: 'password' as const, username, password: 'x' })
  const one = staticCredentials({ 'https://index.docker.io/v1/': login('hub'), 'a.example.com': login('one') })
  const two = staticCredentials({ 'a.example.com': login('two'), 'b.example.com': login('two') })
  const both = firstCredentials(one, two)
  expect(await both.find('docker.io')).toEqual(login('hub'))
  expect(await both.find('a.example.com')).toEqual(login('one'))
  expect(await both.find('b.example.com')).toEqual(login('two'))
  expect(await both.find('c.a.example.com')).toBeUndefined()
})
