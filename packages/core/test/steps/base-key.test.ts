import { describe, expect, it } from 'vitest'
import type { BaseNode } from '../../src/graph/node.js'
import { digestOf } from '../../src/model/digest.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { baseKey, checkedUnder } from '../../src/steps/base/base-key.js'
import type { ResolvedBase } from '../../src/steps/base/base-resolution.js'
import { keyOf } from '../../src/steps/key.js'
import type { Output } from '../../src/steps/step.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const REFERENCE = { registry: 'r.example', repository: 'os', tag: '1' }
const digest = digestOf('base')
const descriptor = { mediaType: MEDIA_TYPES.ociManifest, digest, size: 4 }

const REGISTRY = { kind: 'registry', reference: REFERENCE, configPolicy: 'require-match' } as const
const chosen = { reference: { ...REFERENCE, digest }, descriptor }
const pulled: ResolvedBase = { kind: 'image', chosen, index: digest, descriptor }

function keyWith(source: BaseNode['source'], resolved: ResolvedBase = pulled, platform = AMD64): string {
  const image = { ...descriptor, digest: digestOf('pipeline') }
  const output: Output = { reference: { ...REFERENCE, digest: image.digest }, descriptor: image }
  return baseKey({ source, platform, needs: ['app image'] }, resolved, new Map([['app image', output]]))
}

describe('baseKey', () => {
  it('hashes the digest, platform and check policies of a registry base', () => {
    const policies = { configPolicy: 'require-match', codePolicy: 'require-match' }
    expect(checkedUnder(REGISTRY)).toEqual(policies)
    expect(keyWith(REGISTRY)).toBe(keyOf('base', { platform: AMD64, digest, ...policies }))
    expect(keyWith({ ...REGISTRY, configPolicy: 'fix-config', codePolicy: 'trust-declared' })).toBe(
      keyOf('base', { platform: AMD64, digest, configPolicy: 'fix-config', codePolicy: 'trust-declared' }),
    )
  })

  it('hashes the image digest of a pipeline base, without policies', () => {
    const source = { kind: 'pipeline', pipeline: 'app', writtenRepository: 'r.example/app' } as BaseNode['source']
    expect(keyWith(source, { kind: 'pipeline' })).toBe(keyOf('base', { platform: AMD64, digest: digestOf('pipeline') }))
  })

  it('hashes the inputs of a generated base', () => {
    const inputs = { suite: 'trixie', packages: ['busybox'] }
    const made = { kind: 'rootfs', rootfs: { source: {}, epoch: 0, inputs } } as unknown as ResolvedBase
    expect(keyWith({ kind: 'made' } as BaseNode['source'], made)).toBe(keyOf('base', { platform: AMD64, inputs }))
  })
})
