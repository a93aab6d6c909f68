import { chmod, link, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { DefinitionError } from '../../src/model/errors.js'
import { type Listed, listDirectory, readSent } from './listed.js'

let root = ''
/** A file that is not read whole. */
const BIG = 'big'
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'polyarch-test-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function put(files: Readonly<Record<string, string>>, directory = root): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(directory, path, '..'), { recursive: true })
    await writeFile(join(directory, path), content)
  }
}

const list = (directory = root, dockerfile = 'Dockerfile') => listDirectory({ directory, dockerfile })
const paths = async () => (await list()).listing.entries.map(({ path }) => path)
const digest = async (directory = root, dockerfile = 'Dockerfile') => (await list(directory, dockerfile)).listing.digest

async function sent(epoch?: number) {
  const { context } = await list()
  return readSent(context, epoch)
}

/** Reads the content of a listed context, as a build does. */
async function readAll({ context, listing }: Listed): Promise<void> {
  for (const entry of listing.entries) {
    if (entry.kind === 'file') for await (const _ of context.read(entry));
  }
}

describe('what a context holds', () => {
  it('reports which folder or .dockerignore cannot be read, and that it may be omitted', async () => {
    await put({ Dockerfile: '', 'data/of/another/user': '', 'ignored/.dockerignore/is': 'a folder' })
    await chmod(root, 0o755)
    await chmod(join(root, 'data/of'), 0o700)
    // Root may read everything, and nobody only what is for all.
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    else await chmod(join(root, 'data/of'), 0)
    try {
      await expect(list()).rejects.toMatchObject({
        code: 'CONTEXT_UNREADABLE',
        message: "context file 'data/of' cannot be read",
        hint: expect.stringContaining('.dockerignore'),
      })
    } finally {
      if (isRoot) process.seteuid?.(0)
      await chmod(join(root, 'data/of'), 0o700)
    }
    await put({ 'ignored/Dockerfile': '' })
    await expect(list(join(root, 'ignored'))).rejects.toMatchObject({
      code: 'CONTEXT_UNREADABLE',
      message: "context file '.dockerignore' cannot be read",
    })
  })

  it('follows .dockerignore file by file: a rule brings back what another omitted', async () => {
    await put({
      Dockerfile: '',
      a: '',
      'd/drop': '',
      'd/keep/k.txt': '',
      'x/y/z.log': '',
      '.dockerignore': 'd\n!d/keep\n**/*.log\n',
    })
    expect(await paths()).toEqual(['.dockerignore', 'Dockerfile', 'a', 'd', 'd/keep', 'd/keep/k.txt', 'x', 'x/y'])
  })

  it('prefers the ignore file of the Dockerfile', async () => {
    await put({ Dockerfile: '', a: '', b: '', '.dockerignore': 'a', 'Dockerfile.dockerignore': 'b' })
    expect(await paths()).toEqual(['.dockerignore', 'Dockerfile', 'Dockerfile.dockerignore', 'a'])
  })

  it('keeps links as links, empty directories and odd names, and omits sockets', async () => {
    await put({ Dockerfile: '', 'ünï cödé': 'x', "it's; $(odd)": 'y' })
    await mkdir(join(root, 'empty'))
    await symlink('/nowhere', join(root, 'dangling'))
    await symlink('empty', join(root, 'to-directory'))
    const server = createServer().listen(join(root, 'socket'))
    await new Promise((done) => server.once('listening', done))
    const files = await sent()
    server.close()
    expect([...files.keys()].sort()).toEqual([
      'Dockerfile',
      'dangling',
      'empty',
      "it's; $(odd)",
      'to-directory',
      'ünï cödé',
    ])
    expect(files.get('dangling')).toMatchObject({ type: 'symlink', content: '-> /nowhere' })
    expect(files.get('empty')).toMatchObject({ type: 'directory' })
  })

  it('rejects a context or a Dockerfile that is not there', async () => {
    await expect(list(join(root, 'none'))).rejects.toThrow(DefinitionError)
    await expect(list()).rejects.toThrow("Dockerfile 'Dockerfile' does not exist")
  })
})

describe('the Dockerfile that is sent', () => {
  it('is a file like all others if it lies in the context', async () => {
    await put({ 'docker/Dockerfile': 'FROM disk\n', a: '' })
    const { context } = await list(root, 'docker/Dockerfile')
    const files = await readSent(context)
    expect(files.get('docker/Dockerfile')?.content).toBe('FROM disk\n')
    expect([...files.keys()]).toEqual(['a', 'docker', 'docker/Dockerfile'])
  })

  it('is not sent if it is ignored, or outside of the context', async () => {
    await put({ Dockerfile: 'FROM disk\n', '.dockerignore': 'Dockerfile\n', a: '' })
    const { context } = await list()
    expect(context.dockerfile.name).toBe(join(root, 'Dockerfile'))
    const inline = await listDirectory({ directory: root, inline: 'FROM inline\n' })
    expect(inline.context.dockerfile).toMatchObject({ file: 'dockerfileInline', name: 'dockerfileInline' })
    expect([...(await sent()).keys()]).toEqual(['.dockerignore', 'a'])
  })
})

describe('the digest of a context', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-zA-Z0-9é_-]{1,8}$/), {
    minLength: 1,
    maxLength: 6,
    selector: (name) => name.toLowerCase(),
  })
  const files = names.chain((keys) => fc.dictionary(fc.constantFrom(...keys), fc.string(), { minKeys: 1 }))

  it('is the same whatever the place, times and order of writing', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 0, max: 2_000_000_000 }), async (content, time) => {
        const [one, two] = [await mkdtemp(join(root, 'one-')), await mkdtemp(join(root, 'two-'))]
        await put({ 'the.Dockerfile': '', ...content }, one)
        await put(Object.fromEntries(Object.entries({ 'the.Dockerfile': '', ...content }).reverse()), two)
        for (const path of Object.keys(content)) {
          await utimes(join(two, path), time, time)
        }
        expect(await digest(one, 'the.Dockerfile')).toBe(await digest(two, 'the.Dockerfile'))
      }),
      { numRuns: 25 },
    )
  })

  it.each<[string, () => Promise<unknown>]>([
    ['content', () => writeFile(join(root, 'a'), 'other')],
    ['a name', () => rename(join(root, 'a'), join(root, 'b'))],
    ['the executable bit', () => chmod(join(root, 'a'), 0o755)],
    ['another permission bit', () => chmod(join(root, 'a'), 0o640)],
    ['the set-uid bit', () => chmod(join(root, 'a'), 0o4644)],
    ['a hard link', () => link(join(root, 'a'), join(root, 'b'))],
    ['an empty directory', () => mkdir(join(root, 'new'))],
    ['a link in place of a file', () => rm(join(root, 'a')).then(() => symlink('content', join(root, 'a')))],
  ])('changes with %s', async (_what, change) => {
    await put({ Dockerfile: '', a: 'content' })
    const before = await digest()
    await change()
    expect(await digest()).not.toBe(before)
  })

  it('holds the Dockerfile if it is one of the files, and not if it is ignored', async () => {
    await put({ Dockerfile: 'FROM a', x: '' })
    const before = await digest()
    await put({ Dockerfile: 'FROM b' })
    expect(await digest()).not.toBe(before)
    await put({ '.dockerignore': 'Dockerfile' })
    const ignored = await digest()
    await put({ Dockerfile: 'FROM c' })
    expect(await digest()).toBe(ignored)
  })
})

describe('reading the content', () => {
  it('rejects a file that is no longer what was listed, of the same size too', async () => {
    await put({ Dockerfile: '', a: 'one', b: 'x' })
    for (const changed of ['two', 'longer than before', '']) {
      await put({ a: 'one' })
      const listed = await list()
      await put({ a: changed })
      await expect(readAll(listed)).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' })
    }
  })

  it('follows no link and waits for no pipe that took the place of a file', async () => {
    await put({ Dockerfile: '', a: 'one', other: 'one', [BIG]: 'x'.repeat(2_000_000) })
    for (const path of ['a', BIG]) {
      const listed = await list()
      await rm(join(root, path))
      for (const [command, ...words] of [['ln', '-s', 'other'] as const, ['mkfifo'] as const, ['mkdir'] as const]) {
        await runProgram(command, [...words, join(root, path)])
        await expect(readAll(listed)).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' })
        await rm(join(root, path), { recursive: true })
      }
      await expect(readAll(listed)).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' })
      await put({ [path]: 'again' })
    }
  })

  it('rejects a large file that was rewritten, or cut', async () => {
    const content = 'polyarch\n'.repeat(200_000)
    await put({ Dockerfile: '', [BIG]: content })
    const listed = await list()
    for (const changed of [content.toUpperCase(), content.slice(0, -9)]) {
      await put({ [BIG]: changed })
      await expect(readAll(listed)).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' })
    }
  })

  it('sends all permission bits, whatever this process takes from new files', async () => {
    await put({ Dockerfile: '', a: 'x' })
    await chmod(join(root, 'a'), 0o4666)
    const before = process.umask(0o077)
    onTestFinished(() => void process.umask(before))
    expect((await sent()).get('a')?.mode).toBe(0o4666)
  })

  it.each([
    ['before 1970', -86_400],
    ['after 2038', 4_000_000_000],
  ])('sends the files’ own times, %s too, or dates all with the epoch that is given', async (_what, time) => {
    await put({ Dockerfile: '', a: 'x' })
    await utimes(join(root, 'a'), new Date(time * 1000), new Date(time * 1000))
    expect((await sent()).get('a')?.mtime).toBe(time * 1000)
    expect((await sent(5)).get('a')?.mtime).toBe(5000)
  })

  it('sends a file of many chunks whole', async () => {
    const big = 'polyarch\n'.repeat(400_000)
    await put({ Dockerfile: '', big })
    expect((await sent()).get('big')?.content === big).toBe(true)
  })
})
