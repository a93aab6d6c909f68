import { expect, test } from 'vitest'
import { makeCertificate } from '../../../../test/support/certificate.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { createRegistry } from '../../src/registry/client.js'
import type { RegistryOptions } from '../../src/registry/options.js'

const host = (given: object): RegistryOptions => ({ hosts: { 'a.example.com': given } })

test.each<[string, RegistryOptions]>([
  ['concurrency', { concurrency: 0 }],
  ['concurrency', { concurrency: 1.5 }],
  ['retry.attempts', { retry: { attempts: Number.NaN } }],
  ['retry.time', { retry: { time: -1 } }],
  ['retry.delay', { retry: { delay: Number.NaN } }],
  ['timeouts.answer', { timeouts: { answer: -1 } }],
  ["hosts['a.example.com'].chunkSize", host({ chunkSize: 0 })],
  ["hosts['a.example.com'].ca", host({ ca: '/etc/ssl/own.pem' })],
  ["hosts['a.example.com'].clientCertificate", host({ clientCertificate: { certificate: 'own.pem', key: 'own.key' } })],
])('%s is rejected if the value cannot be meant', (path, options) => {
  expect(() => createRegistry(options)).toThrow(
    expect.objectContaining({ code: 'DEFINITION_INVALID', issues: [expect.objectContaining({ path })] }),
  )
})

test('all issues are reported together, with suggestions', async () => {
  await using folder = await tempFolder('options')
  const { certificate, key } = await makeCertificate(folder.path)
  const secure = { ca: certificate, clientCertificate: { certificate, key } }
  expect(() => createRegistry({ ...host({ ...secure, plainHttp: true }), concurrency: -1 })).toThrow('2 issues')
  const retry = { attempts: 1, time: Number.POSITIVE_INFINITY, delay: 0 }
  await using _ = createRegistry({ ...host({ ...secure, chunkSize: 1 }), concurrency: 1, retry })
})
