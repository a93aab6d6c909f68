import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import type { SecretDefinition, SshDefinition } from '../../src/definition/declare/build-secrets.js'
import { missingSecrets, openSecrets } from '../../src/steps/image/secrets/build-secrets.js'

const read = async (secret: SecretDefinition, env = {}) =>
  Buffer.from((await openSecrets({ it: secret }, env)['it']?.()) ?? []).toString()

const missing = async (secrets: Record<string, SecretDefinition>, ssh: Record<string, SshDefinition> = {}) =>
  (await missingSecrets({ secrets, ssh }, {})).map(({ code, message }) => `${code}: ${message}`)

it('reads a file, a variable or a value at each request', async () => {
  await using folder = await tempFolder('secrets')
  const path = join(folder.path, 'token')
  await writeFile(path, 'one')
  expect(await read({ kind: 'file', path })).toBe('one')
  await writeFile(path, 'two')
  expect(await read({ kind: 'file', path })).toBe('two')
  expect(await read({ kind: 'env', name: 'TOKEN' }, { TOKEN: 'three' })).toBe('three')
  expect(await read({ kind: 'value', read: async () => Buffer.from('four') })).toBe('four')
})

it('reports every missing secret, agent and key before anything is built', async () => {
  await using folder = await tempFolder('secrets')
  const notAKey = join(folder.path, 'not-a-key')
  await writeFile(notAKey, 'hunter2')
  const reported = await missing(
    { file: { kind: 'file', path: '/nowhere/token' }, variable: { kind: 'env', name: 'POLYARCH_NOT_SET' } },
    {
      default: { kind: 'agent' },
      named: { kind: 'agent', socket: '/nowhere/agent.sock' },
      key: { kind: 'keys', files: [notAKey] },
    },
  )
  expect(reported).toEqual([
    "SECRET_UNAVAILABLE: secret 'file' is in /nowhere/token, which does not exist",
    "SECRET_UNAVAILABLE: secret 'variable' is in the variable POLYARCH_NOT_SET, which is not set",
    "SECRET_UNAVAILABLE: the ssh agent 'default' uses SSH_AUTH_SOCK, which is not set",
    "SECRET_UNAVAILABLE: the ssh agent 'named' does not answer",
    expect.stringContaining("SECRET_UNAVAILABLE: ssh 'key': not a private key"),
  ])
})

it('rejects what BuildKit would not take, and calls no function before its time', async () => {
  await using folder = await tempFolder('secrets')
  const path = join(folder.path, 'much')
  await writeFile(path, Buffer.alloc(600 * 1024))
  expect(await missing({ much: { kind: 'file', path } })).toEqual([
    "SECRET_UNAVAILABLE: secret 'much' has 614400 bytes",
  ])
  const asked: string[] = []
  await missing({ value: { kind: 'value', read: () => String(asked.push('asked')) } })
  expect(asked).toEqual([])
})

it('passes nothing on of what the function of a secret throws', async () => {
  const failing = () => Promise.reject(new Error('the vault says hunter2'))
  const error = await read({ kind: 'value', read: failing }).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'SECRET_UNAVAILABLE' })
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('hunter2')
})
