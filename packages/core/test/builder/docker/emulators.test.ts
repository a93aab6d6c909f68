import { expect, test } from 'vitest'
import { missingBinfmtEntry, platformOfEmulator } from '../../../src/builder/docker/emulators.js'
import { KNOWN_ARCHITECTURES } from '../../../src/model/platform.js'

test.each([
  ['arm', 'qemu-arm'],
  ['arm64', 'qemu-aarch64'],
  ['amd64', 'qemu-x86_64'],
  ['ppc64le', 'qemu-ppc64le'],
])('%s is emulated by %s', (architecture, entry) => {
  expect(missingBinfmtEntry({ os: 'linux', architecture })).toBe(entry)
  expect(platformOfEmulator(entry)).toMatchObject({ os: 'linux', architecture })
})

test('knows an entry for every architecture that has machine code', () => {
  const without = KNOWN_ARCHITECTURES.filter((architecture) => !missingBinfmtEntry({ os: 'linux', architecture }))
  expect(without).toEqual(['wasm'])
})

test('knows none for other systems and other entries', () => {
  expect(missingBinfmtEntry({ os: 'windows', architecture: 'amd64' })).toBeUndefined()
  expect(platformOfEmulator('python3.11')).toBeUndefined()
})
