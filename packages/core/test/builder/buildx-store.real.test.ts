import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildxCommand } from '../../../../scripts/setup/newer-engine.mjs'
import { runProgram } from '../../../../test/support/child.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { openBuilders } from '../../src/builder/builders.js'
import { readBuildxNodes } from '../../src/builder/buildx-store.js'

const KUBECONFIG = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'test',
  clusters: [{ name: 'test', cluster: { server: 'http://127.0.0.1:1' } }],
  users: [{ name: 'test', user: {} }],
  contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'default' } }],
}

/** A docker configuration, with builders that the real buildx makes. */
async function dockerConfig() {
  const folder = await tempFolder('buildx')
  const kubeconfig = join(folder.path, 'kubeconfig')
  await writeFile(kubeconfig, JSON.stringify(KUBECONFIG))
  const env = { DOCKER_CONFIG: folder.path, KUBECONFIG: kubeconfig }
  const [command, ...before] = buildxCommand()
  const create = async (name: string, ...args: readonly string[]) => {
    await runProgram(command, [...before, 'create', '--name', name, ...args], { env, cwd: folder.path })
  }
  return { ...folder, env, kubeconfig, create }
}

it('reads builders of each driver of buildx', async () => {
  await using config = await dockerConfig()
  const { env, kubeconfig, create } = config
  const tls = 'cacert=/tls/ca.pem,cert=/tls/cert.pem,key=/tls/key.pem,servername=big'
  await create('Fleet', '--driver=docker-container', 'unix:///var/run/docker.sock')
  await create('remote', '--driver=remote', `--driver-opt=${tls}`, 'tcp://10.0.0.7:1234')
  await create('pod', '--driver=remote', 'kube-pod://buildkitd-0?namespace=ci')
  await create('cluster', '--driver=kubernetes', '--driver-opt=namespace=ci')
  await create('usual', '--driver=kubernetes')

  expect(await readBuildxNodes('fleet', env)).toEqual([
    { host: 'docker-container://buildx_buildkit_fleet0?context=unix%3A%2F%2F%2Fvar%2Frun%2Fdocker.sock' },
  ])
  expect(await readBuildxNodes('remote', env)).toEqual([
    {
      host: 'buildkit+tcp://10.0.0.7:1234',
      certificates: { ca: '/tls/ca.pem', cert: '/tls/cert.pem', key: '/tls/key.pem', serverName: 'big' },
    },
  ])
  expect(await readBuildxNodes('pod', env)).toEqual([{ host: 'kube-pod://buildkitd-0?namespace=ci' }])
  const query = new URLSearchParams({ kubeconfig })
  const host = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}buildkit-[\\w-]+\\?${query}$`))
  expect(await readBuildxNodes('cluster', env)).toEqual([{ host: host('kubernetes://ci/') }])
  expect(await readBuildxNodes('usual', env)).toEqual([{ host: host('kubernetes:///') }])
})

it('reads the platforms that nodes declare', async () => {
  await using config = await dockerConfig()
  const { env, create } = config
  await create('mixed', '--driver=remote', '--node=one', '--platform=linux/amd64,linux/386', 'tcp://10.0.0.7:1234')
  await create('mixed', '--append', '--node=two', '--platform=linux/arm64,linux/arm/v7', 'tcp://10.0.0.8:1234')
  await create('mixed', '--append', '--node=three', 'tcp://10.0.0.9:1234')
  expect(await readBuildxNodes('mixed', env)).toEqual([
    { host: 'buildkit+tcp://10.0.0.7:1234', platforms: ['linux/amd64', 'linux/386'] },
    { host: 'buildkit+tcp://10.0.0.8:1234', platforms: ['linux/arm64', 'linux/arm/v7'] },
    { host: 'buildkit+tcp://10.0.0.9:1234' },
  ])
})

it('a builder is found by its name, by BUILDX_BUILDER, and in BUILDX_CONFIG; other names are docker contexts', async () => {
  await using config = await dockerConfig()
  await config.create('remote', '--driver=remote', 'tcp://10.0.0.7:1234')
  const buildx = { BUILDX_CONFIG: join(config.path, 'buildx') }
  const address = 'buildkit+tcp://10.0.0.7:1234'
  for (const [options, expected] of [
    [{ host: 'remote', env: config.env }, address],
    [{ env: { ...config.env, BUILDX_BUILDER: 'remote', DOCKER_HOST: 'tcp://other' } }, address],
    [{ host: 'remote', env: buildx }, address],
    [{ host: 'a-context', env: config.env }, 'a-context'],
    [{ env: { ...config.env, BUILDX_BUILDER: 'remote', BUILDKIT_HOST: 'unix:///run/b.sock' } }, 'unix:///run/b.sock'],
  ] as const) {
    await using engines = openBuilders({ builders: [options] }, { env: process.env })
    expect((await engines.all()).map(({ name }) => name)).toEqual([expected])
  }
})

it('a file that cannot be used is an error that names it', async () => {
  await using folder = await tempFolder('buildx')
  await mkdir(join(folder.path, 'instances'))
  const env = { BUILDX_CONFIG: folder.path }
  for (const [text, reason] of [
    ['[', 'it is not a JSON object'],
    ['[]', 'it is not a JSON object'],
    ['', 'it has no nodes'],
    ['{"Driver":"remote","Nodes":{}}', 'it has no nodes'],
    ['{"Driver":"remote","Nodes":[null]}', 'a node has no name, no endpoint, or an option that is not text'],
    ['{"Driver":"remote","Nodes":null}', 'it has no nodes'],
    [
      '{"Driver":"remote","Nodes":[{"Name":"a","Endpoint":"tcp://x","Platforms":[{"os":"linux"}]}]}',
      'a declared platform has no os or no architecture',
    ],
    ['{"Driver":"cloud","Nodes":[{"Name":"a","Endpoint":"x"}]}', "driver 'cloud' is not supported"],
    ['{"Driver":"kubernetes","Nodes":[{"Name":"a","Endpoint":"x"}]}', "endpoint 'x' has no deployment"],
  ] as const) {
    await writeFile(join(folder.path, 'instances', 'broken'), text)
    await expect(readBuildxNodes('broken', env)).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: `the buildx builder in ${join(folder.path, 'instances', 'broken')} cannot be used: ${reason}`,
    })
  }
})
