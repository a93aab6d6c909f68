import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { fromImage, pipeline, plan, platform, type SignOptions } from '../../src/index.js'
import { testRegistry } from '../registry-server/test-registry.js'

const cleanup = new Cleanup()
let directory: string
let host: string

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('only-signing')).path
  const { server } = cleanup.use(await testRegistry())
  host = server.host
  await pushTinyImage(
    { url: server.url, repository: 'base' },
    await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } }),
    '1',
  )
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const encrypted = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const
  await writeFile(join(directory, 'good.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await writeFile(join(directory, 'encrypted.key'), privateKey.export(encrypted))
  await writeFile(join(directory, 'bad.key'), 'not a key')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const planned = (sign: SignOptions) => {
  const app = pipeline(`${host}/app`)
    .platforms(platform('amd64', { base: fromImage(`${host}/base:1`) }))
    .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n' })
    .tags('1')
  return plan(app, { engines: ['unix:///nowhere/docker.sock'], directory, only: ['amd64'], sign })
}

it.each([
  ['a key that is not one', { key: { file: 'bad.key' } }, 'SECRET_UNAVAILABLE'],
  ['a wrong password', { key: { file: 'encrypted.key' }, password: { value: () => 'wrong' } }, 'SECRET_UNAVAILABLE'],
  ['an external key without a public half', { key: { publicKey: '', sign: () => Buffer.from('') } }, 'USAGE'],
  ['no identity', { keyless: { issuer: 'https://issuer.example' } as never }, 'USAGE'],
])('with --only rejects %s in the plan', async (_what, sign, code) => {
  await expect(planned(sign)).rejects.toMatchObject({ code })
})

it('with --only accepts a good key, and notes one that this machine does not have', async () => {
  expect((await planned({ key: { file: 'good.key' } })).notes).toEqual([])
  const note = 'is not on this machine: the run that publishes the index needs it'
  for (const key of [{ file: 'absent.key' }, { env: 'ABSENT_KEY' }])
    expect((await planned({ key })).notes).toEqual([`the signing key ${note}`])
  expect((await planned({ key: { file: 'encrypted.key' } })).notes).toEqual([`the password of the signing key ${note}`])
})
