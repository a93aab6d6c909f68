import { describe, expect, it } from 'vitest'
import { TarGuard } from '../../src/context/tar/tar-guard.js'

const MTIME = new Date(0)

type Fields = Partial<Parameters<TarGuard['check']>[0]>

function header(name: string, fields: Fields = {}): Parameters<TarGuard['check']>[0] {
  const none = { linkname: '', uid: 0, gid: 0, uname: '', gname: '', devmajor: 0, devminor: 0 }
  return { name, size: 0, mode: 0o644, mtime: MTIME, type: 'file', ...none, ...fields }
}

describe.each(['darwin', 'win32'] as const)('on %s', (platform) => {
  it('compares paths without case', () => {
    const guard = new TarGuard(platform)
    guard.check(header('Caf\u00e9'))
    expect(guard.check(header('CAF\u00c9'))).toMatchObject({ isReplacing: true })
    expect(() => guard.check(header('caf\u00c9/x'))).toThrow('which is a file')
  })
})

it('rejects a directory that differs from a link in case or Unicode form on macOS', () => {
  const guard = new TarGuard('darwin')
  guard.check(header('Caf\u00e9', { type: 'symlink', linkname: '/' }))
  expect(() => guard.check(header('cafe\u0301/', { type: 'directory' }))).toThrow('through the symbolic link')
})

it('keeps paths apart that differ in case on Linux', () => {
  const guard = new TarGuard('linux')
  guard.check(header('A', { type: 'symlink', linkname: '/' }))
  expect(guard.check(header('a/b'))).toMatchObject({ path: 'a/b', isReplacing: false })
})

it.each(['a\\b', 'a:b', 'a/b.', 'a ', 'a?'])('refuses the path %j on Windows', (name) => {
  expect(() => new TarGuard('win32').check(header(name))).toThrow('not valid on Windows')
})

it.each(['link', 'symlink'] as const)('refuses a %s on Windows, where tar-fs would leave it out', (type) => {
  const guard = new TarGuard('win32')
  guard.check(header('a'))
  expect(() => guard.check(header('b', { type, linkname: 'a' }))).toThrow('not supported on Windows')
})

it('unpacks another name with the mode and time of the file', () => {
  const guard = new TarGuard('linux')
  guard.check(header('a', { mode: 0o4755, mtime: new Date(1000) }))
  const link = header('b', { type: 'link', linkname: './a', mode: 0o777 })
  expect(guard.check(link)).toMatchObject({ target: 'a', mode: 0o4755, mtime: new Date(1000) })
})

it('drops mode bits that are not permissions', () => {
  expect(new TarGuard('linux').check(header('a', { mode: 2 ** 40 + 0o100755 }))).toMatchObject({ mode: 0o755 })
})
