import { execFile } from 'node:child_process'
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { listDirectory, readSent } from './listed.js'

const run = promisify(execFile)
const docker = new Docker()
let folder: TempFolder
const socket = createServer()

const FILES = [
  'a',
  'A',
  'b.log',
  'd/keep/k.txt',
  'd/keep/deep/er.txt',
  'd/drop.txt',
  'x/y/z.log',
  'x/y/z.txt',
  'node_modules/p/index.js',
  'foo/bar/node_modules/q/index.js',
  'space in name',
  'ünï cödé',
  '#hash',
  '!bang',
  '.hidden/file',
  "it's; $(odd)",
  `${'long/'.repeat(24)}file`,
]

/** Creates a build context with files, links, modes and times that occur in practice. */
async function makeContext(): Promise<string> {
  const path = join(folder.path, 'context')
  for (const [index, file] of FILES.entries()) {
    await mkdir(join(path, file, '..'), { recursive: true })
    await writeFile(join(path, file), `content of ${file}`)
    await utimes(join(path, file), 1_000_000 + index, 1_000_000 + index)
  }
  await chmod(join(path, 'a'), 0o755)
  await chmod(join(path, 'b.log'), 0o600)
  await chmod(join(path, 'A'), 0o666)
  await chmod(join(path, 'x/y/z.txt'), 0o751)
  await mkdir(join(path, 'empty'))
  // The classic builder sets its own mode on a directory that is sent only as a parent of files.
  await chmod(join(path, 'empty'), 0o777)
  await symlink('a', join(path, 'link'))
  await symlink('/nowhere', join(path, 'dangling'))
  await symlink('d/keep', join(path, 'to-directory'))
  await symlink('../../outside', join(path, 'x/outside'))
  await writeFile(join(path, 'Dockerfile'), 'FROM scratch\nCOPY . /c/\n')
  await new Promise<void>((done) => socket.listen(join(path, 'socket'), done))
  return path
}

interface Entry {
  readonly type: string
  readonly mode: number | undefined
  readonly content: string
  readonly mtime: number | undefined
}

/** The entries of a tar below a prefix, by path. Times of directories are left out, because docker sets them. */
async function entriesOf(tar: NodeJS.ReadableStream, prefix = ''): Promise<ReadonlyMap<string, Entry>> {
  const found = new Map<string, Entry>()
  for await (const entry of tar.pipe(extract())) {
    const { name, type, linkname, mode, mtime } = entry.header
    const content = type === 'symlink' ? `-> ${linkname}` : await text(entry)
    const path = name.replace(/\/$/, '')
    if (!path.startsWith(prefix) || path === prefix) continue
    found.set(path.slice(prefix.length), {
      type: type ?? 'file',
      // The mode in the engine's archives includes the file type.
      mode: type === 'symlink' || mode === undefined ? undefined : mode & 0o7777,
      content,
      mtime: type === 'file' ? mtime?.getTime() : undefined,
    })
  }
  return found
}

/** Adds the parent directories that are not sent and that unpacking creates. */
function addParents(entries: Map<string, Entry>): void {
  for (const path of [...entries.keys()]) {
    const parents = path.split('/').slice(0, -1)
    for (const [index] of parents.entries()) {
      const parent = parents.slice(0, index + 1).join('/')
      if (entries.has(parent)) continue
      entries.set(parent, { type: 'directory', mode: 0o755, content: '', mtime: undefined })
    }
  }
}

/** Files that docker's command line copies from the context. The classic builder omits parents of included files. */
async function dockersResult(
  context: string,
  { command, buildkit, flags = [] }: Builder = BUILDKIT,
): Promise<ReadonlyMap<string, Entry>> {
  const env = { ...process.env, DOCKER_BUILDKIT: buildkit }
  const { stdout } = await run(command, ['build', '--quiet', '--no-cache', ...flags, context], { env })
  const image = docker.getImage(stdout.trim())
  const container = await docker.createContainer({ Image: stdout.trim(), Cmd: ['none'] })
  try {
    return await entriesOf(await container.getArchive({ path: '/c' }), 'c/')
  } finally {
    await container.remove()
    await image.remove({ force: true })
  }
}

interface Builder {
  readonly command: string
  readonly buildkit: '0' | '1'
  readonly flags?: readonly string[]
}

/** Debian's docker command, which includes BuildKit's client. Newer versions have it as a plugin. */
const BUILDKIT: Builder = { command: '/usr/bin/docker', buildkit: '1' }

const NEWER_CLASSIC: Builder = { command: 'docker', buildkit: '0' }

let context: string
beforeAll(async () => {
  folder = await tempFolder('comparison')
  context = await makeContext()
})
afterAll(async () => {
  socket.close()
  await folder[Symbol.asyncDispose]()
})

it.each([
  ['no patterns', undefined],
  ['an excluded directory with an exception in it', 'd\n!d/keep\n'],
  ['everything excluded, with exceptions', '**\n!x\n!Dockerfile\n'],
  ['a name at any depth', '**/node_modules\n**/*.log\n'],
  ['slashes, dots, whitespace and comments', '# a comment\n/a\n./b.log\n  x/y/  \nempty/\n\nd/../foo\n'],
  ['wildcards', '?\n[a-c].*\n*/y/*.txt\n'],
  ['the Dockerfile and .dockerignore', 'Dockerfile\n.dockerignore\n'],
  ['links and names with special characters', 'link\nto-directory/*\n\\#hash\n\\!bang\n.hidden\nspace*\n'],
  ['several matching patterns, of which the last applies', '!a\na\n*.log\n!b.log\nx\n!x/y/z.txt\n'],
  ['CRLF line ends and a byte order mark', '\uFEFFa\r\nd\r\n!d/keep/k.txt\r\n'],
])('sends the same files as docker, with the same content, type, mode and time: %s', (_what, rules) =>
  compareWithDocker(rules),
)

it('sends the same files as docker: wildcards in exceptions, and `**` before a part of a name', () =>
  // BuildKit's client in 20.10 matches `**ng` differently from newer versions and from the newer classic builder.
  compareWithDocker('*\n!x/*/*.txt\n!?\n!Dockerfile\n!**ng\n', NEWER_CLASSIC))

async function compareWithDocker(rules: string | undefined, builder: Builder = BUILDKIT): Promise<void> {
  await writeFile(join(context, '.dockerignore'), rules ?? '')
  const ours = await ourResult('Dockerfile')
  const docker = new Map(await dockersResult(context, builder))
  // This client sends a socket as an empty file; newer versions omit it.
  docker.delete('socket')
  expect(docker.size).toBeGreaterThan(2)
  expect(sorted(ours)).toEqual(sorted(docker))
}

it.each([
  ['of a Dockerfile with another name', 'other.Dockerfile'],
  ['of a Dockerfile in a directory', 'd/Dockerfile'],
])('sends the same files as docker with BuildKit: the ignore file %s', async (_what, dockerfile) => {
  await writeFile(join(context, '.dockerignore'), 'x\n')
  await writeFile(join(context, dockerfile), 'FROM scratch\nCOPY . /c/\n')
  await writeFile(join(context, `${dockerfile}.dockerignore`), 'd/*\n!d/keep\nd/keep/deep\n*.Dockerfile\n')
  const ours = await ourResult(dockerfile)
  const docker = new Map(await dockersResult(context, { ...BUILDKIT, flags: ['--file', join(context, dockerfile)] }))
  docker.delete('socket')
  expect([...docker.keys()]).toEqual(expect.arrayContaining(['x/y/z.txt', 'd/keep/k.txt']))
  expect(sorted(ours)).toEqual(sorted(docker))
})

async function ourResult(dockerfile: string): Promise<ReadonlyMap<string, Entry>> {
  const listed = await listDirectory({ directory: context, dockerfile })
  const ours = new Map<string, Entry>()
  for (const [path, { type, mode, content, mtime }] of await readSent(listed.context)) {
    ours.set(path, { type, mode, content, mtime: type === 'file' ? mtime : undefined })
  }
  addParents(ours)
  return ours
}

function sorted(entries: ReadonlyMap<string, Entry>): Readonly<Record<string, Entry>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}
