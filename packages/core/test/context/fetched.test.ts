import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { openContext } from '../../src/context/open-context.js'
import type { ContextDefinition } from '../../src/definition/declare/build-context.js'

let folder: TempFolder
let library: TempFolder
let scratch: TempFolder
beforeEach(async () => {
  folder = await tempFolder('fetched')
  library = await tempFolder('library')
  scratch = await tempFolder('scratch')
  // Other tests, running beside this one, have contexts in the machine's folder.
  vi.stubEnv('TMPDIR', scratch.path)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await scratch[Symbol.asyncDispose]()
  await library[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** What is in a context: paths, and what its Dockerfile says. Nothing that was fetched for it stays. */
async function listed(context: ContextDefinition, dockerfile = 'Dockerfile') {
  const { entries, text } = await (async () => {
    await using open = await openContext({ context, dockerfile })
    return { entries: (await open.select('all')).entries, text: open.dockerfile.text }
  })()
  expect(await readdir(scratch.path)).toEqual([])
  return { paths: entries.map(({ path }) => path).filter((path) => path !== dockerfile), text, entries }
}

describe('a git repository', { timeout: 60_000 }, () => {
  const git = async (...args: readonly string[]) =>
    (
      await runProgram('git', ['-C', folder.path, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args])
    ).stdout.trim()

  async function commit(files: Readonly<Record<string, string>>): Promise<string> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(folder.path, path, '..'), { recursive: true })
      await writeFile(join(folder.path, path), content)
    }
    await git('add', '--all')
    await git('commit', '--quiet', '--message', 'a change')
    return git('rev-parse', 'HEAD')
  }

  const at = (ref?: string, subdirectory?: string): ContextDefinition => ({
    kind: 'git',
    url: `file://${folder.path}`,
    ...(ref !== undefined && { ref }),
    ...(subdirectory !== undefined && { subdirectory }),
  })

  it('comes with its submodules, and without their history', async () => {
    // git asks for this since submodules of strangers could lead to files of this machine.
    vi.stubEnv('GIT_CONFIG_COUNT', '1')
    vi.stubEnv('GIT_CONFIG_KEY_0', 'protocol.file.allow')
    vi.stubEnv('GIT_CONFIG_VALUE_0', 'always')
    const inLibrary = (...args: readonly string[]) =>
      runProgram('git', ['-C', library.path, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args])
    await inLibrary('init', '--quiet', '--initial-branch=main')
    await writeFile(join(library.path, 'code'), 'of the library')
    await inLibrary('add', '--all')
    await inLibrary('commit', '--quiet', '--message', 'a library')
    await git('init', '--quiet', '--initial-branch=main')
    await git('submodule', '--quiet', 'add', `file://${library.path}`, 'lib')
    await commit({ Dockerfile: 'FROM scratch' })
    expect((await listed(at())).paths).toEqual(['.gitmodules', 'lib', 'lib/code'])
  })

  it('is read at its head, a branch, a tag, a commit or a part of it; its .dockerignore holds, its history is omitted', async () => {
    await git('init', '--quiet', '--initial-branch=main')
    const first = await commit({ Dockerfile: 'FROM first', a: '', 'sub/Dockerfile': 'FROM sub', 'sub/b': '' })
    await git('tag', 'v1')
    const second = await commit({ Dockerfile: 'FROM second', '.dockerignore': 'a\n', 'crlf.txt': 'a\r\n' })
    await git('branch', 'topic', first)
    await commit({ Dockerfile: 'FROM third' })
    expect(await listed(at())).toMatchObject({
      text: 'FROM third',
      paths: ['.dockerignore', 'crlf.txt', 'sub', 'sub/Dockerfile', 'sub/b'],
    })
    expect(await listed(at('topic'))).toMatchObject({
      text: 'FROM first',
      paths: ['a', 'sub', 'sub/Dockerfile', 'sub/b'],
    })
    expect((await listed(at('v1'))).text).toBe('FROM first')
    expect((await listed(at(second))).text).toBe('FROM second')
    expect((await listed(at(second.slice(0, 10)))).text).toBe('FROM second')
    expect(await listed(at('main', 'sub'))).toMatchObject({ text: 'FROM sub', paths: ['b'] })
  })

  it('that cannot be fetched is reported with git’s reason, and without a password', async () => {
    await git('init', '--quiet')
    await commit({ Dockerfile: '' })
    await expect(listed(at('no-such-branch'))).rejects.toMatchObject({
      code: 'CONTEXT_UNREADABLE',
      message: expect.stringContaining('no-such-branch'),
    })
    const secret: ContextDefinition = { kind: 'git', url: 'http://user:hunter2@127.0.0.1:1/a.git' }
    const error = await listed(secret).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'CONTEXT_UNREADABLE' })
    expect(String(error)).not.toContain('hunter2')
  })

  it('is fetched into a folder of its own, also where git started this process as a hook of another repository', async () => {
    await git('init', '--quiet')
    await commit({ Dockerfile: '', file: '' })
    const another = join(library.path, 'of-the-hook')
    vi.stubEnv('GIT_DIR', another)
    expect((await listed(at())).paths).toEqual(['file'])
    expect(await readdir(library.path)).toEqual([])
  })

  it('leaves nothing if it is cancelled, whatever git still does then', async () => {
    const marks = library.path
    const script = `#!/bin/sh
folder=$2
trap 'sleep 0.2; mkdir -p "$folder"; touch "$folder/late" "${marks}/ended"; exit 1' TERM
touch "${marks}/begun"
while :; do sleep 0.05; done
`
    await writeFile(join(folder.path, 'git'), script, { mode: 0o755 })
    vi.stubEnv('PATH', `${folder.path}:${process.env['PATH']}`)
    const stop = new AbortController()
    const opening = openContext({ context: at(), dockerfile: 'Dockerfile' }, { signal: stop.signal })
    const cancelled = expect(opening).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => readdir(marks)).toEqual(['begun'])
    stop.abort()
    await cancelled
    await expect.poll(() => readdir(marks)).toContain('ended')
    expect(await readdir(scratch.path)).toEqual([])
  })

  it('is not left by its directory', async () => {
    await git('init', '--quiet')
    await commit({ Dockerfile: '' })
    await expect(listed(at('HEAD', '../..'))).rejects.toThrow('is outside of the repository')
  })
})

describe('a tar archive', () => {
  async function archive(): Promise<Buffer> {
    const tar = pack()
    tar.entry({ name: 'Dockerfile' }, 'FROM tar')
    tar.entry({ name: '.dockerignore' }, 'kept\n')
    tar.entry({ name: 'kept', mode: 0o777, mtime: new Date(1_000_000) }, 'content')
    tar.entry({ name: 'again', type: 'link', linkname: 'kept', mode: 0o777, mtime: new Date(1_000_000) })
    tar.entry({ name: 'link', type: 'symlink', linkname: '/nowhere' })
    tar.entry({ name: 'empty', type: 'directory' })
    tar.entry({ name: 'pipe', type: 'fifo' })
    tar.finalize()
    return buffer(tar)
  }
  const paths = ['.dockerignore', 'again', 'empty', 'kept', 'link']

  it('is taken whole, plain or gzipped, from a file or a stream', async () => {
    const [plain, zipped] = ['context.tar', 'context.tar.gz'].map((name) => join(folder.path, name)) as [string, string]
    await writeFile(plain, await archive())
    await writeFile(zipped, gzipSync(await archive()))
    const chunks = gzipSync(await archive())
    for (const context of [
      { kind: 'tar', file: plain },
      { kind: 'tar', file: zipped },
      { kind: 'stream', open: () => Readable.from([chunks.subarray(0, 100), chunks.subarray(100)]) },
    ] as const) {
      const found = await listed(context)
      expect(found).toMatchObject({ text: 'FROM tar', paths })
      expect(found.entries.find(({ path }) => path === 'kept')).toMatchObject({ mode: 0o777, modified: 1_000_000 })
    }
  })

  it.each([
    ['is not there', { kind: 'tar', file: '/nowhere/context.tar' }],
    ['is none', { kind: 'stream', open: () => Readable.from([Buffer.from('x'.repeat(2000))]) }],
    ['breaks off', { kind: 'stream', open: async () => Readable.from([(await archive()).subarray(0, 700)]) }],
    [
      'breaks off in the middle of its compression',
      { kind: 'stream', open: async () => Readable.from([gzipSync(await archive()).subarray(0, 50)]) },
    ],
  ] satisfies [string, ContextDefinition][])('that %s is an error', async (_what, context) => {
    await expect(listed(context)).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' })
  })

  it('cannot write outside of the folder that it is unpacked in', async () => {
    const tar = pack()
    tar.entry({ name: 'Dockerfile' }, '')
    tar.entry({ name: 'out', type: 'symlink', linkname: folder.path })
    tar.entry({ name: 'out/written' }, 'x')
    tar.finalize()
    const bytes = await buffer(tar)
    await listed({ kind: 'stream', open: () => Readable.from([bytes]) }).catch(() => undefined)
    expect(await readdir(folder.path)).toEqual([])
  })
})

it('a Dockerfile that is a link out of a fetched context is rejected', async () => {
  await writeFile(join(folder.path, 'private'), 'hunter2')
  const tar = pack()
  tar.entry({ name: 'Dockerfile', type: 'symlink', linkname: join(folder.path, 'private') })
  tar.finalize()
  const bytes = await buffer(tar)
  await expect(listed({ kind: 'stream', open: () => Readable.from([bytes]) })).rejects.toThrow(
    'link to a file outside of the context',
  )
})

describe('no context', () => {
  it('sends nothing but the Dockerfile, which may be anywhere', async () => {
    await writeFile(join(folder.path, 'Dockerfile'), 'FROM scratch')
    await writeFile(join(folder.path, 'other'), '')
    await chmod(join(folder.path, 'other'), 0o600)
    const none: ContextDefinition = { kind: 'none', directory: folder.path }
    expect(await listed(none)).toMatchObject({ text: 'FROM scratch', paths: [] })
    expect(await listed(none, join(folder.path, 'Dockerfile'))).toMatchObject({ text: 'FROM scratch' })
  })
})
