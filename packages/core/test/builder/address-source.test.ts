import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../../../test/support/free-port.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { openBuilders } from '../../src/builder/builders.js'
import type { BuilderOptions } from '../../src/builder/options.js'
import { EngineError } from '../../src/model/errors.js'

/** A docker configuration with the context `lab` and the buildx builder `fleet`, both at an address without a builder. */
async function dockerConfig() {
  const folder = await tempFolder('docker-config')
  const address = `tcp://127.0.0.1:${await freePort()}`
  const id = createHash('sha256').update('lab').digest('hex')
  const write = async (path: string, content: unknown) => {
    await mkdir(join(folder.path, path, '..'), { recursive: true })
    await writeFile(join(folder.path, path), JSON.stringify(content))
  }
  await write(`contexts/meta/${id}/meta.json`, { Name: 'lab', Endpoints: { docker: { Host: address } } })
  await write('buildx/instances/fleet', { Driver: 'remote', Nodes: [{ Name: 'fleet0', Endpoint: address }] })
  return { ...folder, address, write, env: { DOCKER_CONFIG: folder.path, PATH: process.env['PATH'] } }
}

/** The error of the only builder. */
async function errorOf(options: BuilderOptions): Promise<EngineError> {
  await using builders = openBuilders({ builders: [options] }, { env: {} })
  const [builder] = await builders.all()
  const error = await builder?.describe().catch((reason: unknown) => reason)
  if (error instanceof EngineError) return error
  throw new Error('there is no error')
}

test('names the variable or the file that gave an address, and what to do', async () => {
  await using config = await dockerConfig()
  const { env, address } = config
  const contexts = 'docker contexts: default, lab'
  for (const [own, message, hint] of [
    [{ DOCKER_HOST: 'lab' }, "DOCKER_HOST: engine address 'lab' is not valid", 'correct DOCKER_HOST'],
    [{ DOCKER_HOST: address }, `DOCKER_HOST: no engine answers at ${address}`, 'correct DOCKER_HOST'],
    [{ DOCKER_CONTEXT: 'lib' }, "DOCKER_CONTEXT: the docker context 'lib' does not exist", contexts],
    [{ DOCKER_CONTEXT: 'lab' }, `DOCKER_CONTEXT: no engine answers at ${address}`, 'correct DOCKER_CONTEXT'],
    [{ BUILDKIT_HOST: 'lab' }, "BUILDKIT_HOST: BuildKit address 'lab' is not valid", 'correct BUILDKIT_HOST'],
    [{ BUILDKIT_HOST: address }, `BUILDKIT_HOST: no builder answers at ${address}`, 'correct BUILDKIT_HOST'],
    [{ BUILDX_BUILDER: 'fleet' }, `BUILDX_BUILDER: no builder answers at buildkit+${address}`, 'BUILDX_BUILDER'],
    [{ BUILDX_BUILDER: 'gone' }, "BUILDX_BUILDER: 'gone' is neither a docker context nor", 'correct BUILDX_BUILDER'],
  ] as const) {
    const error = await errorOf({ env: { ...env, ...own } })
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE', message: expect.stringContaining(message) })
    expect(error.hint).toContain(hint)
  }
  await config.write('config.json', { currentContext: 'gone' })
  const from = `currentContext in ${join(config.path, 'config.json')}`
  expect((await errorOf({ env })).message).toBe(`${from}: the docker context 'gone' does not exist`)
})

test('an address that the options give has no other source', async () => {
  await using config = await dockerConfig()
  const { message, hint } = await errorOf({ host: config.address, env: { ...config.env, DOCKER_HOST: 'tcp://other' } })
  expect(message).toMatch(/^no engine answers/)
  expect(hint).not.toContain('--builder')
})

test('a name of nothing lists the docker contexts and the buildx builders', async () => {
  await using config = await dockerConfig()
  const expected = {
    code: 'ENGINE_UNREACHABLE',
    message: "'nosuch' is neither a docker context nor a buildx builder",
    hint: "docker contexts: default, lab; buildx builders: fleet; an address contains '://'",
  }
  expect(await errorOf({ host: 'nosuch', env: config.env })).toMatchObject(expected)
  await using builders = openBuilders({ builders: [{ host: 'nosuch', env: config.env }] }, { env: {} })
  await expect(builders.checkAddresses()).rejects.toMatchObject(expected)
  await using existing = openBuilders({ builders: ['lab', 'fleet', 'default'] }, { env: config.env })
  await existing.checkAddresses()
})

test('the configuration of kubectl is named', async () => {
  const kubeconfig = '/nonexistent/config'
  for (const host of ['kubernetes://ci/buildkitd', 'kube-pod://buildkitd-0']) {
    const named = [
      [{ host, env: { PATH: process.env['PATH'], KUBECONFIG: kubeconfig } }, `KUBECONFIG=${kubeconfig}`],
      [
        { host: `${host}?kubeconfig=${kubeconfig}`, env: { PATH: process.env['PATH'] } },
        `kubeconfig=${kubeconfig} in the`,
      ],
    ] as const
    for (const [options, text] of named) expect((await errorOf(options)).hint).toContain(text)
  }
})

test('declared platforms must be platforms', () => {
  expect(() => openBuilders({ builders: [{ host: 'lab', platforms: ['linux/a/b/c'] }] }, { env: {} })).toThrow(
    "platform 'linux/a/b/c' is not valid",
  )
})
