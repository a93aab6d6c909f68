import { expect, it } from 'vitest'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import type { Issue } from '../../src/model/errors.js'
import { faultsOf, simple } from './definitions.js'

it.each<[string, () => readonly Issue[], string, string]>([
  [
    'a context with the name of no image',
    () => faultsOf([simple.build({ contexts: { Other: '.' } })]),
    "context name 'Other' is not valid",
    '',
  ],
  [
    'a context of an unknown scheme',
    () => faultsOf([simple.build({ contexts: { other: 'docker-images://alpine' } })]),
    "'other' has the unsupported scheme 'docker-images'",
    '',
  ],
  [
    'a context of no image',
    () => faultsOf([simple.build({ contexts: { other: 'docker-image://Alpine' } })]),
    "'other' is not an image",
    '',
  ],
  [
    'a context of a layout without a directory',
    () => faultsOf([simple.build({ contexts: { other: 'oci-layout://:latest' } })]),
    "'other' is not an image layout",
    '',
  ],
  [
    'an attestation as text',
    () => faultsOf([simple.build({ attest: ['type=sbom'] } as never)]),
    "write { provenance: 'min', sbom: true }",
    '',
  ],
  [
    'an unknown kind of provenance',
    () => faultsOf([simple.build({ attest: { provenance: 'all' } } as never)]),
    "provenance must be 'min', 'max', true or false",
    '',
  ],
  [
    'a scanner with options of its own',
    () => faultsOf([simple.build({ attest: { sbom: { generator: 'scanner,x=y' } } })]),
    'the image of a scanner',
    '',
  ],
  [
    'an attestation in media types without annotations',
    () => faultsOf([simple.format('docker').build({ attest: { provenance: 'max' } })]),
    "Docker's media types do not support attestations",
    'remove it',
  ],
  [
    'a secret for the key as text',
    () => faultsOf([simple.build({ keySecret: 'hunter2' } as never)]),
    "must be { file: '…' }, { env: '…' } or { value: … }",
    '',
  ],
  [
    'a place for the result',
    () => faultsOf([simple.build({ output: ['type=local,dest=out'] } as never)]),
    'has no outputs',
    '--load',
  ],
  [
    'a cache of an unknown type, and not its password',
    () => faultsOf([simple.build({ cacheFrom: ['type=redis,password=hunter2'] })]),
    "'redis' is not supported here: use registry, local, gha, s3, azblob",
    '',
  ],
  [
    'a cache import from the image itself',
    () => faultsOf([simple.build({ cacheFrom: ['type=inline'] })]),
    "cache type 'inline' is not supported here",
    '',
  ],
  [
    'a cache without a place',
    () => faultsOf([simple.build({ cacheTo: [{ type: 'local', mode: 'max' }] })]),
    "a cache of type local requires 'dest'",
    '',
  ],
  [
    'a cache with an unknown mode',
    () => faultsOf([simple.build({ cacheTo: ['type=registry,ref=example.com/cache,mode=all'] })]),
    "cache mode 'all' is not valid",
    '',
  ],
  [
    'a cache that is no list',
    () => faultsOf([simple.build({ cacheTo: 'type=inline' } as never)]),
    'must be a list',
    '',
  ],
  [
    'caches of two platforms in one place',
    () =>
      faultsOf([
        simple
          .platforms(platform('arm', { variant: 'v7', base: 'wide' }))
          .build({ cacheTo: ['type=registry,mode=max,ref=registry.example.com/cache'] }),
      ]),
    'linux/arm/v7 and linux/amd64 export their caches to the same destination (type=registry)',
    'cache-${architecture}',
  ],
  [
    'an unknown entitlement',
    () => faultsOf([simple.build({ entitlements: ['security.none'] } as never)]),
    "'security.none' is not valid: entitlements are network.host and security.insecure",
    '',
  ],
])('rejects %s', (_what, faults, message, hint) => {
  const found = faults()
  expect(found).toHaveLength(1)
  expect(found[0]?.message).toContain(message)
  expect(found[0]?.hint ?? '').toContain(hint)
})
