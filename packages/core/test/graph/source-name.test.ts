import { expect, test } from 'vitest'
import { sourceName } from '../../src/graph/source-name.js'
import { rootfsName } from '../../src/lock/lock-entry.js'

test.each([
  ['https://me:hunter2@files.example.com/root.tar.xz?signature=hunter3', 'https://files.example.com/root.tar.xz'],
  ['/my files/root?.tar.xz', '/my files/root?.tar.xz'],
])('an archive at %s is called, and locked as, %s: without what only those may know who fetch it', (location, name) => {
  const source = { kind: 'rootfs', location, sha256: 'a'.repeat(64) } as const
  const node = { kind: 'base', id: 'app base(linux/amd64)', pipeline: 'app', needs: [], source } as const
  const platform = { os: 'linux', architecture: 'amd64' }
  expect(sourceName({ ...node, platform, repository: { registry: 'a', repository: 'b' } })).toBe(name)
  expect(rootfsName(source)).toBe(name)
})
