import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { DefinitionError } from '../../src/model/errors.js'
import { type ServerAuth, startRegistry } from '../../src/registry-server/index.js'

test.each([
  [{ users: { '': '' } }, ['a user name is empty', "the password of '' is empty"]],
  [{ users: { ada: '' } }, ["the password of 'ada' is empty"]],
  [{ users: { '': 'secret' } }, ['a user name is empty']],
  [{ users: { ada: undefined } }, ["the password of 'ada' is empty"]],
  [{ users: { 'a:b': 'secret' } }, ["the user name 'a:b' has a colon"]],
  [{ users: {} }, ['users is empty']],
  [{}, ['users is empty']],
  [{ kind: 'none', users: { ada: 'secret' } }, ["login kind 'none' does not exist"]],
  [{ users: { ada: 'secret' }, tokenLifetime: Number.NaN }, ["'NaN' is not a number of seconds"]],
])('the logins %j are rejected before the directory is created', async (given, messages) => {
  await using folder = await tempFolder()
  const directory = join(folder.path, 'registry')
  const auth = { kind: 'basic', ...given } as unknown as ServerAuth
  const refused = await startRegistry({ directory, auth }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(DefinitionError)
  expect(refused).toMatchObject({ code: 'USAGE' })
  expect((refused as DefinitionError).issues.map(({ message }) => message)).toEqual(messages)
  expect(existsSync(directory)).toBe(false)
})
