import { expect, test } from 'vitest'
import { madeBase } from '../../src/definition/plugin/kinds/made-base.js'
import { sourceName } from '../../src/graph/source-name.js'

test.each([
  ['https://me:hunter2@files.example.com/root.tar.xz?signature=hunter3', 'https://files.example.com/root.tar.xz'],
  ['/my files/root?.tar.xz', '/my files/root?.tar.xz'],
])('names an archive at %s as %s in plans and in the lock file, without credentials and query', (location, name) => {
  const source = madeBase({ kind: 'rootfs', location, sha256: 'a'.repeat(64) })
  const node = { kind: 'base', id: 'app base(linux/amd64)', pipeline: 'app', needs: [], source } as const
  const platform = { os: 'linux', architecture: 'amd64' }
  expect(sourceName({ ...node, platform, repository: { registry: 'a', repository: 'b' } })).toBe(name)
  expect(source.by.lockName(source.source)).toBe(name)
})
