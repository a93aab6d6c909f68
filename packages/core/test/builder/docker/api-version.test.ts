import { expect, test } from 'vitest'
import { compareApiVersions, negotiate } from '../../../src/builder/docker/connection/api-version.js'

const ENGINE = { Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' }

test('uses the API of an older engine, and no newer one than it was written for', () => {
  expect(negotiate(ENGINE)).toMatchObject({ engine: '20.10.24', api: '1.41', negotiated: '1.41' })
  expect(negotiate({ ...ENGINE, ApiVersion: '1.99' })).toMatchObject({ api: '1.99', negotiated: '1.51' })
})

test.each([
  ['an API before BuildKit', { ApiVersion: '1.38' }],
  ['no API version', { ApiVersion: '' }],
  ['an API that has left this one behind', { ApiVersion: '1.99', MinAPIVersion: '1.90' }],
  ['Windows containers', { Os: 'windows' }],
  ['Podman', { Components: [{ Name: 'Podman Engine' }] }],
])('rejects an engine with %s', (_, changes) => {
  expect(() => negotiate({ ...ENGINE, ...changes })).toThrow(
    expect.objectContaining({ code: 'ENGINE_UNSUPPORTED', hint: expect.any(String) }),
  )
})

test('compares versions as numbers', () => {
  expect(compareApiVersions('1.9', '1.41')).toBeLessThan(0)
  expect(compareApiVersions('2.0', '1.41')).toBeGreaterThan(0)
  expect(compareApiVersions('1.41', '1.41')).toBe(0)
})
