import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { commonOrigin, readGitOrigin, webUrl } from '../../src/context/git/git-origin.js'

const COMMIT = 'a'.repeat(40)

describe('where a context is from', { timeout: 60_000 }, () => {
  let folder: TempFolder
  beforeEach(async () => {
    folder = await tempFolder('origin')
    await mkdir(join(folder.path, 'app'))
    await mkdir(join(folder.path, 'other'))
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await folder[Symbol.asyncDispose]()
  })

  const git = async (...args: readonly string[]) => {
    const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com']
    return (await runProgram('git', ['-C', folder.path, ...who, ...args])).stdout.trim()
  }
  const ofApp = () => readGitOrigin({ kind: 'directory', path: join(folder.path, 'app') })

  async function commit(): Promise<string> {
    await writeFile(join(folder.path, 'app', 'file'), 'one\n')
    await git('init', '--quiet')
    await git('add', '--all')
    await git('commit', '--quiet', '--message', 'one')
    return git('rev-parse', 'HEAD')
  }

  it('is the commit and the remote of its repository', async () => {
    const revision = await commit()
    expect(await ofApp()).toEqual({ revision })
    await git('remote', 'add', 'origin', 'https://user:secret@git.example.com/team/app.git')
    expect(await ofApp()).toEqual({ revision, source: 'https://git.example.com/team/app' })
  })

  it('is reported as dirty if its own files differ from the commit, whoever calls', async () => {
    const revision = await commit()
    await writeFile(join(folder.path, 'other', 'file'), 'two\n')
    vi.stubEnv('GIT_DIR', '/nowhere')
    expect(await ofApp()).toEqual({ revision })
    await writeFile(join(folder.path, 'app', 'new'), 'two\n')
    expect(await ofApp()).toEqual({ revision: `${revision}-dirty` })
  })

  it('is reported as dirty, however much differs', async () => {
    const revision = await commit()
    const names = Array.from({ length: 5_000 }, (_, index) => String(index).padEnd(240, 'x'))
    await Promise.all(names.map((name) => writeFile(join(folder.path, 'app', name), '')))
    expect(await ofApp()).toEqual({ revision: `${revision}-dirty` })
  })

  it.each([
    ['no repository', async () => {}],
    ['a repository without a commit', () => git('init', '--quiet')],
    ['no git', async () => void vi.stubEnv('PATH', '/nowhere')],
  ])('is not known if there is %s', async (_what, prepare) => {
    // The folder of temporary files may itself be in a repository.
    vi.stubEnv('GIT_CEILING_DIRECTORIES', join(folder.path, '..'))
    await prepare()
    expect(await ofApp()).toEqual({})
  })

  it('is the URL of a git context, and its ref if that is a commit', async () => {
    const url = 'https://git.example.com/team/app.git'
    expect(await readGitOrigin({ kind: 'git', url, ref: COMMIT })).toEqual({
      source: 'https://git.example.com/team/app',
      revision: COMMIT,
    })
    expect(await readGitOrigin({ kind: 'git', url, ref: 'main' })).not.toHaveProperty('revision')
    expect(await readGitOrigin({ kind: 'tar', file: '/app.tar' })).toEqual({})
  })

  it('is what all contexts have in common', () => {
    const one = { source: 'https://git.example.com/app', revision: COMMIT }
    expect(commonOrigin([one, one])).toEqual(one)
    expect(commonOrigin([one, { ...one, revision: `${COMMIT}-dirty` }])).toEqual({ source: one.source })
    expect(commonOrigin([one, {}])).toEqual({})
    expect(commonOrigin([])).toEqual({})
  })
})

it.each([
  ['git@git.example.com:team/app.git', 'https://git.example.com/team/app'],
  ['ssh://git@git.example.com:2222/team/app.git', 'https://git.example.com/team/app'],
  ['https://token@git.example.com:8443/team/app/', 'https://git.example.com:8443/team/app'],
  ['http://git.example.com/app', 'http://git.example.com/app'],
  ['git://git.example.com/app.git', 'https://git.example.com/app'],
  ['https://git.example.com/app.git?private_token=hunter2', 'https://git.example.com/app'],
  ['https://git.example.com/app.git#hunter2', 'https://git.example.com/app'],
  ['https://user:hunter@2@git.example.com/app.git', 'https://git.example.com/app'],
  ['git@git.example.com:team/app.git?token=hunter2', 'https://git.example.com/team/app'],
  ['https://git.example.com/?token=hunter2', undefined],
  ['/srv/git/app.git', undefined],
  ['file:///srv/git/app.git', undefined],
  ['', undefined],
])('the remote %j is %j to a browser', (remote, url) => {
  expect(webUrl(remote)).toBe(url)
})
