import { expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { COSIGN_PASSWORD, cosignKeyPair, OFFLINE, openCosign } from '../../../../test/support/cosign.js'
import { startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { createRegistry } from '../../src/registry/client.js'
import { parseSigningKey } from '../../src/trust/keys/signing-key.js'
import { signManifest } from '../../src/trust/sign.js'
import { statementOn } from '../../src/trust/signatures/statement.js'
import { keySigner } from '../../src/trust/signer.js'

test('cosign verifies signed statements in the forms of cosign 3 and 2', async () => {
  await using cleanup = new Cleanup()
  const [registry, cosign] = [await startDebianRegistry(), await openCosign()]
  for (const one of [registry, cosign]) cleanup.use(one)
  const client = cleanup.use(createRegistry())
  const { key } = await cosignKeyPair(cosign)
  const signer = keySigner(await parseSigningKey(key, Buffer.from(COSIGN_PASSWORD)))
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const { descriptor } = image.manifest
  await pushTinyImage({ url: registry.url, repository: 'app' }, image, '1')
  const type = 'https://example.com/kind/v1'
  const statements = [{ bytes: statementOn(descriptor.digest, type, { a: 1 }) }]
  await signManifest({ registry: registry.host, repository: 'app', descriptor, statements }, signer, client, {})
  const verify = (...flags: readonly string[]) =>
    cosign.run(
      'verify-attestation',
      ...OFFLINE,
      ...flags,
      '--key',
      'cosign.pub',
      '--type',
      type,
      `${registry.host}/app:1`,
    )
  for (const flags of [[], ['--new-bundle-format=false']]) {
    const [envelope = ''] = (await verify(...flags)).trim().split('\n')
    const statement = JSON.parse(Buffer.from(JSON.parse(envelope).payload, 'base64').toString())
    expect(statement).toMatchObject({ predicateType: type, predicate: { a: 1 } })
  }
  expect(await cosign.run('tree', '--allow-http-registry', `${registry.host}/app:1`)).toContain(
    'Attestations for an image tag',
  )
})
