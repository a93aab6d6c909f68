import { appendFile, chmod, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { cloneContext } from '../../src/context/git/git-clone.js'
import { gitAddress } from '../../src/context/git/git-login.js'
import { readGitOrigin } from '../../src/context/git/git-origin.js'
import { openContext } from '../../src/context/open-context.js'
import { startGitServer } from './git-server.js'

let folder: TempFolder
let marks: TempFolder
beforeEach(async () => {
  folder = await tempFolder('hostile-git')
  marks = await tempFolder('marks')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await marks[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'protocol.file.allow=always']
  return (await runProgram('git', ['-C', directory, ...who, ...args])).stdout.trim()
}

async function makeRepository(path: string): Promise<string> {
  await mkdir(path, { recursive: true })
  await git(path, 'init', '--quiet')
  await writeFile(join(path, 'file'), 'one\n')
  await writeFile(join(path, '.gitattributes'), 'file filter=evil\n')
  await git(path, 'add', '--all')
  await git(path, 'commit', '--quiet', '--message', 'one')
  return git(path, 'rev-parse', 'HEAD')
}

/**
 * Adds every setting that is known to start a program. Each program creates a file in `marks`. Changes the time of a
 * file, so that git reads it again.
 */
async function makeHostile(path: string, gitFolder: string): Promise<void> {
  const mark = (name: string) => `touch ${join(marks.path, name)}; cat`
  await appendFile(
    join(gitFolder, 'config'),
    `[core]
fsmonitor = "touch ${join(marks.path, 'fsmonitor')}; false"
pager = "${mark('pager')}"
sshCommand = "${mark('ssh')}"
hooksPath = ${join(gitFolder, 'hooks')}
[filter "evil"]
clean = "${mark('clean')}"
smudge = "${mark('smudge')}"
required = true
[pager]
status = true
[alias]
status = "!${mark('alias')}"
`,
  )
  await mkdir(join(gitFolder, 'hooks'), { recursive: true })
  for (const hook of ['post-index-change', 'fsmonitor-watchman', 'post-checkout', 'reference-transaction']) {
    await writeFile(join(gitFolder, 'hooks', hook), `#!/bin/sh\ntouch ${join(marks.path, hook)}\n`)
    await chmod(join(gitFolder, 'hooks', hook), 0o755)
  }
  await utimes(join(path, 'file'), 1, 1)
}

const originOf = (path: string) => readGitOrigin({ kind: 'directory', path })

describe('readGitOrigin of a hostile repository', { timeout: 60_000 }, () => {
  it('runs no program from the git configuration', async () => {
    const revision = await makeRepository(folder.path)
    await git(folder.path, 'remote', 'add', 'origin', 'https://git.example.com/app.git')
    await makeHostile(folder.path, join(folder.path, '.git'))
    expect(await originOf(folder.path)).toEqual({ revision, source: 'https://git.example.com/app' })
    await writeFile(join(folder.path, 'file'), 'two\n')
    expect(await originOf(folder.path)).toMatchObject({ revision: `${revision}-dirty` })
    expect(await readdir(marks.path)).toEqual([])
  })

  it('avoids programs that plain git status runs', async () => {
    await makeRepository(folder.path)
    await makeHostile(folder.path, join(folder.path, '.git'))
    await git(folder.path, 'status')
    expect(await readdir(marks.path)).toEqual(expect.arrayContaining(['clean', 'fsmonitor']))
  })

  it('ignores a bare repository in the context', async () => {
    vi.stubEnv('GIT_CEILING_DIRECTORIES', join(folder.path, '..'))
    await makeRepository(join(folder.path, 'source'))
    await git(folder.path, 'clone', '--quiet', '--bare', join(folder.path, 'source'), 'context')
    const context = join(folder.path, 'context')
    await writeFile(join(context, 'file'), 'one\n')
    await git(context, 'config', 'core.bare', 'false')
    await git(context, 'config', 'core.worktree', '.')
    await makeHostile(context, context)
    expect(await originOf(context)).toEqual({})
    expect(await readdir(marks.path)).toEqual([])
  })

  it('reports a dirty submodule, and runs no program from its configuration', async () => {
    await makeRepository(join(folder.path, 'library'))
    const app = join(folder.path, 'app')
    await makeRepository(app)
    await git(app, 'submodule', '--quiet', 'add', join(folder.path, 'library'), 'lib')
    await git(app, 'commit', '--quiet', '--message', 'two')
    const revision = await git(app, 'rev-parse', 'HEAD')
    await makeHostile(join(app, 'lib'), join(app, '.git/modules/lib'))
    expect(await originOf(app)).toMatchObject({ revision })
    await writeFile(join(app, 'lib/file'), 'two\n')
    expect(await originOf(app)).toMatchObject({ revision: `${revision}-dirty` })
    expect(await readdir(marks.path)).toEqual([])
  })

  it('ends in time if submodules are links to the repository itself', async () => {
    const commit = await makeRepository(folder.path)
    for (const name of ['a', 'b'])
      await git(folder.path, 'update-index', '--add', '--cacheinfo', `160000,${commit},${name}`)
    await git(folder.path, 'commit', '--quiet', '--message', 'two')
    await git(folder.path, 'update-index', '--skip-worktree', 'a', 'b')
    for (const name of ['a', 'b']) await symlink('.', join(folder.path, name))
    await writeFile(join(folder.path, '.git/info/exclude'), 'a\nb\n')
    const revision = await git(folder.path, 'rev-parse', 'HEAD')
    const signal = AbortSignal.timeout(30_000)
    expect(await readGitOrigin({ kind: 'directory', path: folder.path }, signal)).toEqual({ revision })
    expect(signal.aborted).toBe(false)
  })

  it('reports a clean worktree if core.autocrlf converts its line ends', async () => {
    const main = join(folder.path, 'main')
    await makeRepository(main)
    await git(main, 'config', 'core.autocrlf', 'true')
    const tree = join(folder.path, 'tree')
    await git(main, 'worktree', 'add', '--quiet', tree)
    const revision = await git(tree, 'rev-parse', 'HEAD')
    await writeFile(join(tree, 'file'), 'one\r\n')
    expect(await originOf(tree)).toMatchObject({ revision })
  })
})

describe('a git context', { timeout: 60_000 }, () => {
  it.each(['--upload-pack=touch mark', '-x', '--output=mark'])(
    'does not pass the ref %j as an option to git',
    async (ref) => {
      await makeRepository(join(folder.path, 'app'))
      await using target = await tempFolder('clone')
      const url = `file://${join(folder.path, 'app')}`
      const refused = cloneContext({ kind: 'git', url, ref }, target.path)
      await expect(refused).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' })
      expect(await readdir(target.path)).not.toContain('mark')
    },
  )

  it.each(['/', '..', '../..', 'nowhere/../../..'])('is rejected if its subdirectory is a link to %j', async (to) => {
    const app = join(folder.path, 'app')
    await makeRepository(app)
    await symlink(to, join(app, 'docker'))
    await git(app, 'add', '--all')
    await git(app, 'commit', '--quiet', '--message', 'two')
    for (const subdirectory of ['docker', 'docker/etc', '/docker/.']) {
      const context = { kind: 'git', url: `file://${app}`, subdirectory } as const
      const refused = openContext({ context, dockerfile: 'Dockerfile' })
      await expect(refused).rejects.toMatchObject({ code: 'DEFINITION_INVALID' })
    }
  })

  it('follows a subdirectory that is a link within the repository', async () => {
    const app = join(folder.path, 'app')
    await makeRepository(app)
    await mkdir(join(app, 'images', 'a'), { recursive: true })
    await writeFile(join(app, 'images', 'a', 'Dockerfile'), 'FROM scratch')
    await symlink('images', join(app, 'docker'))
    await git(app, 'add', '--all')
    await git(app, 'commit', '--quiet', '--message', 'two')
    const context = { kind: 'git', url: `file://${app}`, subdirectory: 'docker/a' } as const
    await using opened = await openContext({ context, dockerfile: 'Dockerfile' })
    expect(opened.dockerfile.text).toBe('FROM scratch')
  })
})

describe('the credentials in a git URL', { timeout: 60_000 }, () => {
  it('are sent to the host, but are not in command lines or messages', async () => {
    const commit = await makeRepository(join(folder.path, 'app.git'))
    await using server = await startGitServer(folder.path, 'user:hunter2@/')
    const trace = join(marks.path, 'trace')
    vi.stubEnv('GIT_TRACE', trace)
    const clone = async (login: string) => {
      await using target = await tempFolder('clone')
      const url = `http://${login}@${server.host}/app.git`
      await cloneContext({ kind: 'git', url, ref: commit }, target.path)
      return readdir(target.path)
    }
    expect(await clone('user:hunter2%40%2F')).toEqual(['.gitattributes', 'file'])
    const error = await clone('user:wrong-hunter').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'CONTEXT_UNREADABLE' })
    const lines = await readFile(trace, 'utf8')
    expect(lines).toContain(`git fetch --quiet --depth 1 -- http://${server.host}/app.git`)
    expect(lines + String(error)).not.toContain('hunter')
  })

  it.each([
    ['https://host/app.git', 'https://host/app.git', {}],
    ['ssh://git@host/app.git', 'ssh://git@host/app.git', {}],
    ['git@host:app.git', 'git@host:app.git', {}],
    ['https://u:a@b@host/app.git', 'https://host/app.git', { POLYARCH_GIT_PASSWORD: 'a@b' }],
    ['HTTPS://%zz@host/app.git', 'HTTPS://host/app.git', { POLYARCH_GIT_USERNAME: '%zz' }],
  ])('are taken only from HTTP URLs: %s', (written, url, env) => {
    expect(gitAddress(written)).toMatchObject({ url, env })
  })

  it.each([
    'https://user:hunter2@127.0.0.1:1/app.git?token=hunter2',
    'HTTPS://hunter2@127.0.0.1:1/a?private_token=hunter2',
  ])('are not in messages, nor is a token in the query: %s', async (url) => {
    await using target = await tempFolder('clone')
    const error = await cloneContext({ kind: 'git', url }, target.path).catch((caught: unknown) => caught as Error)
    expect(error).toMatchObject({ code: 'CONTEXT_UNREADABLE', message: expect.stringContaining('127.0.0.1:1/a') })
    expect(inspect({ ...(error as Error), message: (error as Error).message })).not.toContain('hunter2')
  })

  it.each([['ssh://git:hunter2@host/app.git'], ['https://user%0Ahost=evil:hunter2@host/app.git']])(
    'are rejected if they cannot be passed to git: %s',
    (url) => {
      expect(() => gitAddress(url)).toThrow(expect.objectContaining({ code: 'CONTEXT_UNREADABLE' }))
      expect(() => gitAddress(url)).not.toThrow(/hunter2/)
    },
  )
})

it.runIf(process.getuid?.() === 0)(
  'reports a repository of another user, with the git command that trusts it',
  async () => {
    const repository = join(folder.path, 'app.git')
    await makeRepository(repository)
    await runProgram('chown', ['-R', '12345', repository])
    await using target = await tempFolder('clone')
    const error = await cloneContext({ kind: 'git', url: `file://${repository}` }, target.path).catch(
      (caught) => caught,
    )
    expect(error).toMatchObject({
      code: 'CONTEXT_UNREADABLE',
      message: expect.stringContaining('dubious ownership'),
      hint: expect.stringMatching(/git config --global --add safe.directory '.*app\.git/),
    })
  },
)
