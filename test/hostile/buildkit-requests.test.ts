import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesMessage } from '../../packages/core/src/builder/buildkit/grpc/duplex.js'
import { type Encoded, field, message } from '../../packages/core/src/builder/buildkit/grpc/messages.js'
import { write } from '../../packages/core/src/builder/buildkit/session/content/content-schema.js'
import { packet } from '../../packages/core/src/builder/buildkit/session/files/file-sync-schema.js'
import type { BuildSettings } from '../../packages/core/src/index.js'
import { digestOf } from '../../packages/core/src/model/digest.js'
import { Cleanup } from '../support/cleanup.js'
import type { Answer, ClientSession, SessionAnswer } from './hostile-buildkit.js'
import { failureOf, type HostileBuilds, prepareHostileBuilds } from './hostile-builds.js'

const OUTSIDE = 'content that is outside of the context'
const SECRET = 'value of the secret'

/** Methods that a BuildKit calls on a session. */
const SYNC = '/moby.filesync.v1.FileSync/DiffCopy'
const SEND = '/moby.filesync.v1.FileSend/DiffCopy'
const SECRETS = '/moby.buildkit.secrets.v1.Secrets/GetSecret'
const WRITE = '/containerd.services.content.v1.Content/Write'
const INFO = '/containerd.services.content.v1.Content/Info'
const READ = '/containerd.services.content.v1.Content/Read'
const SSH = '/moby.sshforward.v1.SSH/CheckAgent'

const text = message('Text', { text: field('string', 1) })

const cleanup = new Cleanup()
let builds: HostileBuilds

beforeAll(async () => {
  builds = await prepareHostileBuilds(cleanup)
  await writeFile(join(builds.directory, 'outside'), OUTSIDE)
  await symlink('../outside', join(builds.directory, 'context/link'))
  await symlink('..', join(builds.directory, 'context/up'))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const NOTHING: SessionAnswer = { messages: [], error: undefined }

describe('a BuildKit that requests what a build does not offer', () => {
  /** What the session gives out to these calls, while a build runs that then fails. */
  async function given(
    work: (session: ClientSession) => Promise<readonly SessionAnswer[]>,
    settings: Partial<BuildSettings> = {},
  ): Promise<readonly SessionAnswer[]> {
    let answers: readonly SessionAnswer[] = []
    let failure: unknown
    const solve = async (answer: Answer, session: ClientSession) => {
      answers = await work(session).catch((error: unknown) => {
        failure = error
        return []
      })
      answer.end(2, 'enough')
    }
    await failureOf(builds.run({ solve }, { settings: { secrets: { token: { value: SECRET } }, ...settings } }))
    if (failure !== undefined) throw failure
    return answers
  }

  const textOf = (answers: readonly SessionAnswer[]) =>
    Buffer.concat(answers.flatMap(({ messages }) => messages)).toString('latin1')

  test('reads no directory but its own, whatever paths it names', async () => {
    const names = [
      'context',
      'dockerfile',
      '',
      '/',
      '.',
      '..',
      '../context',
      `${builds.directory}`,
      '/etc',
      '__proto__',
      'toString',
    ]
    const paths = [
      undefined,
      '../outside',
      '/etc/passwd',
      `${builds.directory}/outside`,
      'link',
      'up/outside',
      'sub/../../outside',
      'a\u0000b'.replace('\u0000', '%00'),
      '**',
      'unread',
    ]
    const requests = Array.from({ length: 30 }, (_, ID) => packet.encode({ type: 1, ID }))
    const cases = names.flatMap((name) => paths.map((path) => [name, path] as const))
    const answers = await given((session) =>
      Promise.all(
        cases.map(([name, path]) =>
          session.call(SYNC, [], { 'dir-name': name, ...(path !== undefined && { followpaths: path }) }, (received) => {
            const last = packet.decode(received.at(-1) ?? Buffer.alloc(0))
            if (last.type === 3) return 'end'
            // All entries have been listed: requests them by number, those that do not exist too.
            return last.type === 0 && last.stat === null
              ? [...requests, packet.encode({ type: 2 }), packet.encode({ type: 3 })]
              : undefined
          }),
        ),
      ),
    )
    const all = textOf(answers)
    expect(all).toContain('content of a')
    expect(all).not.toContain(OUTSIDE)
    expect(all).not.toMatch(/root:x?:0:0/)
    const unknown = answers.filter((_, at) => !['context', 'dockerfile'].includes(cases[at]?.[0] ?? ''))
    for (const { messages, error } of unknown) {
      expect(messages).toEqual([])
      expect(error).toMatch(/the session has no directory '/)
    }
  })

  test('gets a file once per request of the directory: more requests would fill the memory', async () => {
    const [answer] = await given(async (session) => [
      await session.call(SYNC, [], { 'dir-name': 'context' }, (received) => {
        const { type, stat } = packet.decode(received.at(-1) ?? Buffer.alloc(0))
        return type === 0 && stat === null
          ? Array.from({ length: 1000 }, () => packet.encode({ type: 1, ID: 1 }))
          : undefined
      }),
    ])
    expect(answer?.error).toMatch(/the builder requested entry 1 twice/)
    expect(textOf(answer ? [answer] : []).split('content of a')).toHaveLength(2)
  })

  test.each([
    ['numbers of no entry', packet.encode({ type: 1, ID: 4_294_967_295 })],
    ['an unknown kind of packet', packet.encode({ type: 77 })],
    ['no packet', Buffer.alloc(50, 0xff)],
    ['an error', packet.encode({ type: 4, data: Buffer.alloc(100_000, 'x') })],
  ])('a transfer ends with the build if the receiver sends %s', async (_what, message) => {
    const answers = await given(async (session) => {
      const call = session.call(SYNC, [message], { 'dir-name': 'context' }, () => undefined)
      await nextTurn()
      return [await Promise.race([call, new Promise<SessionAnswer>((done) => setTimeout(done, 200, NOTHING))])]
    })
    expect(textOf(answers)).not.toContain(OUTSIDE)
  })

  test('gets the secrets of the build, and no others', async () => {
    const ids = ['token', 'other', '', '../token', '__proto__', 'constructor', 'hasOwnProperty', '/etc/passwd', 'HOME']
    const answers = await given((session) =>
      Promise.all(ids.map((id) => session.call(SECRETS, [text.encode({ text: id })]))),
    )
    expect(textOf(answers.slice(0, 1))).toContain(SECRET)
    for (const { messages, error } of answers.slice(1)) {
      expect(messages).toEqual([])
      expect(error).toMatch(/the build has no secret '/)
    }
  })

  test('has no ssh agent and no place for an archive if the build gives none', async () => {
    const answers = await given(async (session) => [
      await session.call(SSH, [text.encode({ text: 'default' })]),
      await session.call(SEND, [bytesMessage.encode({ data: Buffer.from('x') })], { 'override-path': '../../outside' }),
      await session.call('/moby.filesync.v1.FileSync/TarStream', []),
      await session.call('/moby.filesync.v1.Auth/GetTokenAuthority', []),
    ])
    expect(answers[0]?.error).toBe("the build has no ssh agent 'default'")
    for (const { error } of answers.slice(1)) expect(error).toMatch(/does not implement/)
  })

  test('writes to the directory of its cache alone, by digest', async () => {
    const cache = join(builds.directory, 'caches/cache')
    await mkdir(join(builds.directory, 'caches'), { recursive: true })
    const before = await entriesOf(builds.directory)
    const encode = (fields: Encoded<typeof write.request>) =>
      write.request.encode({ action: 2, data: Buffer.from('x'), ...fields })
    const store = ''
    const answers = await given(
      async (session) => {
        const stores = ['', '..', 'local:..', `local:${cache}`, `local:${builds.directory}`, 'oci:/', '__proto__']
        const ids = [...stores, store]
        return Promise.all(
          ids.flatMap((id) => [
            ...['../../../outside', `${cache}/../x`, ''].map((ref) =>
              session.call(WRITE, [encode({ ref })], { 'buildkit-attachable-store-id': id }),
            ),
            ...['sha256:../../../outside', '../outside', digestOf('another')].map((expected) =>
              session.call(WRITE, [encode({ ref: 'r', expected })], { 'buildkit-attachable-store-id': id }),
            ),
            ...[INFO, READ].map((method) =>
              session.call(method, [text.encode({ text: 'sha256:../../outside' })], {
                'buildkit-attachable-store-id': id,
              }),
            ),
          ]),
        )
      },
      { cacheTo: [`type=local,dest=${cache}`] },
    )
    expect(answers.every(({ error }, at) => error !== undefined || at >= 56)).toBe(true)
    expect(textOf(answers)).not.toContain(OUTSIDE)
    expect(await entriesOf(builds.directory)).toEqual(before)
    expect(await entriesOf(join(builds.directory, 'caches'))).toEqual(['cache'])
    expect(await readFile(join(builds.directory, 'outside'), 'utf8')).toBe(OUTSIDE)
  })
})

async function entriesOf(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).sort()
}
