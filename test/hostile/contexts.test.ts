import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { type RegistryServer, startRegistry } from '../../packages/core/src/registry-server/index.js'
import { hostileArchives } from '../../packages/core/test/context/hostile-archives.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { pushTinyImage } from '../support/push-tiny.js'
import { type TempFolder, tempFolder } from '../support/temp-folder.js'
import { tinyImage } from '../support/tiny-image.js'
import { expectHarmless } from './harmless.js'

const SIZE = 64 * 1024
const DOCKERFILE = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY . /\n'

const cleanup = new Cleanup()
let server: RegistryServer
let outside: TempFolder

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('registry'))
  outside = cleanup.use(await tempFolder('outside'))
  server = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushTinyImage({ url: server.url, repository: 'base' }, image, '1')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** Plans an image with this context. */
function planWith(context: string | { readonly tar: () => AsyncIterable<Uint8Array> }) {
  const app = pipeline(`${server.host}/app`)
    .platforms(platform('amd64', { base: fromImage(`${server.host}/base:1`) }))
    .build({ context })
    .tags('1')
  return () => plan(app, { build: false, localCache: false })
}

/** Makes a directory hostile. */
type Attack = (path: string) => Promise<unknown>

const writing =
  (name: string, content: string | Buffer): Attack =>
  (path) =>
    writeFile(join(path, name), content)
const after = (text: string) => `${DOCKERFILE}${text}`
const pipe =
  (name: string): Attack =>
  (path) =>
    runProgram('mkfifo', [join(path, name)])
const linking =
  (name: string, target: string): Attack =>
  (path) =>
    symlink(target, join(path, name))

const ATTACKS: Readonly<Record<string, Attack>> = {
  'a Dockerfile of NULs': writing('Dockerfile', Buffer.alloc(SIZE)),
  'a Dockerfile of one line': writing('Dockerfile', after(`RUN ${'x'.repeat(SIZE)}`)),
  'a Dockerfile of continued lines': writing('Dockerfile', after(`RUN a\\\n${'b\\\n'.repeat(SIZE / 4)}c`)),
  'a Dockerfile of nested variables': writing(
    'Dockerfile',
    after(`ENV A=${'${A:-'.repeat(5000)}x${'}'.repeat(5000)}\n`),
  ),
  'a Dockerfile of doubled arguments': writing(
    'Dockerfile',
    `ARG A0=xxxxxxxx\n${Array.from({ length: 100 }, (_, at) => `ARG A${at + 1}=$A${at}$A${at}\n`).join('')}${DOCKERFILE}`,
  ),
  'a Dockerfile of thousands of stages': writing(
    'Dockerfile',
    `ARG BASE_IMAGE\n${Array.from({ length: 2000 }, (_, at) => `FROM \${BASE_IMAGE} AS s${at}\n`).join('')}`,
  ),
  'a Dockerfile of open heredocs': writing('Dockerfile', after('RUN <<A <<B <<C\n'.repeat(3000))),
  'a Dockerfile with a JSON command of wrong types': writing('Dockerfile', after('COPY [1, null, {}]\nCMD [[]]\n')),
  'a Dockerfile with names of prototypes': writing(
    'Dockerfile',
    `ARG toString\nARG __proto__\n${DOCKERFILE}COPY --from=constructor a b\nRUN --mount=type=hasOwnProperty x\n`,
  ),
  'a Dockerfile with a syntax of JSON': writing('Dockerfile', '{"syntax":{"a":1}}'),
  'a Dockerfile that copies by long patterns': writing(
    'Dockerfile',
    after(`COPY ${'*a'.repeat(2000)}b ${'['.repeat(5000)} /\n`),
  ),
  'a Dockerfile that is a pipe': pipe('Dockerfile'),
  'a Dockerfile that is a link to itself': linking('Dockerfile', 'Dockerfile'),
  'a Dockerfile that is a link to a device': linking('Dockerfile', '/dev/zero'),
  'a Dockerfile that is a directory': (path) => mkdir(join(path, 'Dockerfile')),
  'a .dockerignore of stars': writing('.dockerignore', `${'*a'.repeat(2000)}b\n`.repeat(10)),
  'a .dockerignore of double stars': writing('.dockerignore', `${'**/'.repeat(5000)}x\n`),
  'a .dockerignore of exceptions': writing('.dockerignore', '*\n!a\n'.repeat(8000)),
  'a .dockerignore of malformed patterns': writing('.dockerignore', '[\n[^\n[a-\n\\\n!\n..\n'.repeat(1000)),
  'a .dockerignore of NULs': writing('.dockerignore', Buffer.alloc(SIZE)),
  'a .dockerignore that is a pipe': pipe('.dockerignore'),
  'a .dockerignore that is a link to a file of the machine': linking('.dockerignore', '/etc/passwd'),
  'links in a circle': async (path) => {
    await symlink('b', join(path, 'a'))
    await symlink('a', join(path, 'b'))
  },
  'links to each other’s directories': async (path) => {
    for (const name of ['a', 'b', 'c', 'd']) {
      await mkdir(join(path, name))
      for (const other of ['a', 'b', 'c', 'd']) await symlink(`../${other}`, join(path, name, other))
    }
  },
  'a link to the whole machine': linking('root', '/'),
  'a pipe among its files': pipe('pipe'),
  'names that draw on a terminal': writing('\u001b[2J\u009b::error::x\n', ''),
  'a directory in a directory, many times': (path) =>
    mkdir(join(path, ...Array.from({ length: 500 }, () => 'd')), { recursive: true }),
  'a git folder of nothing': (path) => mkdir(join(path, '.git')),
  'a git file of another place': writing('.git', `gitdir: ${'../'.repeat(1000)}etc\n`),
}

describe('a context with', () => {
  test.each(Object.entries(ATTACKS))('%s', async (name, attack) => {
    await using folder = await tempFolder('context')
    if (!name.includes('Dockerfile')) await writeFile(join(folder.path, 'Dockerfile'), DOCKERFILE)
    await attack(folder.path)
    await expectHarmless(name, SIZE, planWith(folder.path))
  })

  test('nothing hostile is planned', async () => {
    await using folder = await tempFolder('context')
    await writeFile(join(folder.path, 'Dockerfile'), DOCKERFILE)
    expect(await expectHarmless('honest', SIZE, planWith(folder.path))).toBe('done')
  })
})

describe('an archive with', () => {
  test.each(Object.keys(hostileArchives('')))('%s', async (name) => {
    const [archive] = hostileArchives(outside.path)[name] ?? []
    if (archive === undefined) throw new Error('no archive')
    async function* tar() {
      yield archive ?? Buffer.alloc(0)
    }
    expect(await expectHarmless(name, archive.length, planWith({ tar }))).toBe('refused')
    expect(await readdir(outside.path)).toEqual([])
  })
})
