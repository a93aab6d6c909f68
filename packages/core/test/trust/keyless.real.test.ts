import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { openCosign } from '../../../../test/support/cosign.js'
import { startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { startSigstore } from '../../../../test/support/sigstore.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { openSigner } from '../../src/operations/trust/sign-options.js'
import { createRegistry } from '../../src/registry/client.js'
import { signManifest } from '../../src/trust/sign.js'
import { statementOn } from '../../src/trust/signatures/statement.js'

test('cosign verifies the signatures and statements of an identity, and of no other', async () => {
  await using cleanup = new Cleanup()
  const [sigstore, registry, cosign] = [await startSigstore(), await startDebianRegistry(), await openCosign()]
  for (const one of [sigstore, registry, cosign]) cleanup.use(one)
  const client = cleanup.use(createRegistry())
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const { descriptor } = tinyIndex([image])
  await pushTinyImage({ url: registry.url, repository: 'app' }, image)
  await pushManifest({ url: registry.url, repository: 'app' }, tinyIndex([image]), '1')
  await writeFile(join(cosign.folder, 'root.json'), sigstore.trustedRoot)
  const [identity, issuer] = ['https://github.com/team/app', 'https://issuer.example.com']
  const token = { value: () => sigstore.token(identity, issuer) }
  const services = { fulcio: sigstore.url, rekor: sigstore.url, trustedRoot: 'root.json' }
  const signer = await openSigner({ keyless: { identity, issuer, token, ...services } }, cosign.folder, {})
  const type = 'https://example.com/kind/v1'
  const statements = [{ bytes: statementOn(descriptor.digest, type, { a: 1 }) }]
  await signManifest({ registry: registry.host, repository: 'app', descriptor, statements }, signer, client, {})
  const verify = (name: string, ...flags: readonly string[]) => verifyWith('verify', name, ...flags)
  const verifyWith = (command: string, name: string, ...flags: readonly string[]) =>
    cosign.run(
      ...[command, '--allow-http-registry', '--trusted-root', 'root.json', '--certificate-oidc-issuer', issuer],
      ...[...flags, '--certificate-identity', name, `${registry.host}/app:1`],
    )
  expect(await verify(identity)).toContain(descriptor.digest)
  // As cosign 2 stores them.
  const old = await verify(identity, '--new-bundle-format=false')
  expect(JSON.parse(old)[0].critical.type).toBe('cosign container image signature')
  await expect(verify(`${identity}2`, '--new-bundle-format=false')).rejects.toThrow(
    /none of the expected identities|no matching/,
  )
  const attested = (name: string, ...flags: readonly string[]) =>
    verifyWith('verify-attestation', name, '--type', type, ...flags)
  for (const flags of [[], ['--new-bundle-format=false']]) {
    const [envelope = ''] = (await attested(identity, ...flags)).trim().split('\n')
    const statement = JSON.parse(Buffer.from(JSON.parse(envelope).payload, 'base64').toString())
    expect(statement).toMatchObject({ predicateType: type, predicate: { a: 1 } })
    await expect(attested(`${identity}2`, ...flags)).rejects.toThrow(/none of the expected identities|no matching/)
  }
  await expect(verify(`${identity}2`)).rejects.toThrow(/none of the expected identities matched|no matching/)
})
