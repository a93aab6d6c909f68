import { expect, it } from 'vitest'
import { solveRequest } from '../../src/builder/build/solve-request.js'
import type { AttestationDefinition } from '../../src/definition/declare/attestation-options.js'
import { readAttestations } from '../../src/definition/declare/attestation-options.js'
import { builderFeatures } from './builder-features.js'
import { buildOf } from './engines.js'

function attributesOf(attest: AttestationDefinition | undefined): Readonly<Record<string, string>> {
  const request = buildOf('FROM scratch\n', attest === undefined ? {} : { attest })
  const { frontendAttributes } = solveRequest(request, { features: builderFeatures(), address: 'unix:///engine.sock' })
  return Object.fromEntries(Object.entries(frontendAttributes ?? {}).filter(([name]) => name.startsWith('attest:')))
}

it.each([
  [{ provenance: true, sbom: true } as const, { 'attest:provenance': 'mode=min' }],
  [{ provenance: 'max' } as const, { 'attest:provenance': 'mode=max' }],
  [{ sbom: { generator: 'example.com/scanner:1' } }, { 'attest:sbom': 'generator=example.com/scanner:1' }],
  [{ provenance: false, sbom: false }, {}],
])('requests the attestations %j as buildx does', (options, attributes) => {
  expect(attributesOf(readAttestations(options))).toEqual(attributes)
})
