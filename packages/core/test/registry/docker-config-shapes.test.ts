import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { resolveEndpoint } from '../../src/builder/docker/connection/endpoint.js'
import { checkAuthVariable } from '../../src/operations/doctor/host-check.js'
import { openDockerConfiguration } from '../../src/registry/auth/docker-config.js'
import { withProxyArgs } from '../../src/registry/auth/docker-proxies.js'

const HOST = '127.0.0.1:5011'
const auth = (login: string) => ({ auth: Buffer.from(login).toString('base64') })
const ada = { kind: 'password', username: 'ada', password: 's3cret' }
const file = { [HOST]: auth('ada:s3cret') }
const HELPER = `#!/bin/sh\necho '{"Username":"helper","Secret":"x"}'\n`

/** What the configuration gives: login of the host, address of the engine, build arguments. */
async function read(config: unknown, variable?: string) {
  await using folder = await tempFolder('docker-config')
  const bin = join(folder.path, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'docker-credential-company'), HELPER, { mode: 0o755 })
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  await writeFile(join(folder.path, 'config.json'), text)
  const env = { DOCKER_CONFIG: folder.path, PATH: `${bin}:/bin:/usr/bin`, DOCKER_AUTH_CONFIG: variable }
  const failed = (error: unknown) => ({ failed: (error as { readonly code: string }).code })
  const configuration = openDockerConfiguration(env)
  return {
    login: await configuration.credentials.find(HOST).catch(failed),
    engine: await resolveEndpoint({ env, platform: 'linux' }).then(({ address }) => address, failed),
    args: await configuration.proxies().then((proxies) => withProxyArgs({}, proxies, 'unix:///x'), failed),
  }
}

const SOCKET = 'unix:///var/run/docker.sock'
const nothing = { login: undefined, engine: SOCKET, args: {} }
const unreadable = { failed: 'CREDENTIALS_UNREADABLE' }

describe('a config.json', () => {
  test.each<readonly [string, unknown, object]>([
    ['that is empty', '', nothing],
    ['of white space', ' \n', nothing],
    ['that is null', 'null', nothing],
    ['of an empty object', {}, nothing],
    ['with a login', { auths: file }, { ...nothing, login: ada }],
    ['with an empty login', { auths: { [HOST]: {} } }, nothing],
    [
      'with an identity token',
      { auths: { [HOST]: { ...auth('ada:'), identitytoken: 't' } } },
      { ...nothing, login: { kind: 'identity-token', token: 't' } },
    ],
    [
      'with a blank helper',
      { auths: file, credHelpers: { [HOST]: '' }, credsStore: 'gone' },
      { ...nothing, login: ada },
    ],
    [
      'with a helper',
      { auths: file, credHelpers: { [HOST]: 'company' } },
      { ...nothing, login: { ...ada, username: 'helper', password: 'x' } },
    ],
    ['with a store that is missing', { auths: file, credsStore: 'gone' }, { ...nothing, login: unreadable }],
    [
      'with unknown keys',
      { auths: file, HttpHeaders: { 'X-A': 'b' }, plugins: { x: {} }, futureKey: [1] },
      { ...nothing, login: ada },
    ],
    [
      'with names in another case',
      { Auths: file, credhelpers: { [HOST]: '' }, CredsStore: 'gone' },
      { ...nothing, login: ada },
    ],
    [
      'with a context that is gone',
      { currentContext: 'gone' },
      { ...nothing, engine: { failed: 'ENGINE_UNREACHABLE' } },
    ],
    ['with the default context', { currentContext: 'default' }, nothing],
    ['that is cut', '{"auths":', { login: unreadable, engine: { failed: 'ENGINE_UNREACHABLE' }, args: unreadable }],
    ['that is a list', [], { login: unreadable, engine: { failed: 'ENGINE_UNREACHABLE' }, args: unreadable }],
    [
      'with proxies',
      { proxies: { default: { httpProxy: 'http://p:1', ftpProxy: '' } } },
      { ...nothing, args: { HTTP_PROXY: 'http://p:1', http_proxy: 'http://p:1' } },
    ],
    ['with proxies of other types', { proxies: { default: { httpProxy: 1 }, other: null } }, nothing],
  ])('%s', async (_, config, expected) => {
    expect(await read(config)).toEqual(expected)
  })
})

describe('DOCKER_AUTH_CONFIG', () => {
  test.each<readonly [string, string, unknown]>([
    ['wins over the file', JSON.stringify({ auths: { [HOST]: auth('env:x') } }), 'env'],
    ['without the host leaves the file', JSON.stringify({ auths: { other: auth('env:x') } }), 'ada'],
    ['with another key is ignored', JSON.stringify({ auths: { [HOST]: auth('env:x') }, credsStore: 'x' }), 'ada'],
    [
      'with a password beside is ignored',
      JSON.stringify({ auths: { [HOST]: { ...auth('env:x'), username: 'env' } } }),
      'ada',
    ],
    ['without a user is ignored', JSON.stringify({ auths: { [HOST]: auth(':x') } }), 'ada'],
    ['that is no JSON is ignored', '{', 'ada'],
  ])('%s', async (_, variable, username) => {
    expect((await read({ auths: file }, variable)).login).toMatchObject({ username })
    const [finding] = checkAuthVariable({ DOCKER_AUTH_CONFIG: variable })
    expect(finding?.state).toBe(_.endsWith('ignored') ? 'warning' : 'ok')
  })
})

describe('proxies as build arguments', () => {
  const proxies = new Map([
    ['default', { HTTP_PROXY: 'http://default:1', NO_PROXY: 'localhost' }],
    ['tcp://engine:2375', { HTTP_PROXY: 'http://engine:1' }],
  ])

  test.each([
    [
      'unix:///var/run/docker.sock',
      { HTTP_PROXY: 'http://default:1', http_proxy: 'http://default:1', NO_PROXY: 'localhost', no_proxy: 'localhost' },
    ],
    ['tcp://engine:2375', { HTTP_PROXY: 'http://engine:1', http_proxy: 'http://engine:1' }],
    ['tcp://engine', { HTTP_PROXY: 'http://engine:1', http_proxy: 'http://engine:1' }],
  ])('for the engine at %s', (address, args) => {
    expect(withProxyArgs({ A: 'b' }, proxies, address)).toEqual({ ...args, A: 'b' })
  })

  test('an argument of the author replaces the value in both spellings', () => {
    const args = withProxyArgs({ http_proxy: 'http://own:1' }, proxies, 'tcp://engine:2375')
    expect(args).toEqual({ http_proxy: 'http://own:1' })
  })
})
