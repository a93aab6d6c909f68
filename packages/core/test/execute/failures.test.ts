import { expect, test } from 'vitest'
import { combineFailures } from '../../src/execute/failures.js'
import { DefinitionError, EngineError, HostError, RegistryError } from '../../src/model/errors.js'

const broken = new EngineError('BUILD_FAILED', 'the build failed', { node: 'app image(linux/amd64)', hint: 'look' })
const denied = new RegistryError('REGISTRY_DENIED', 'denied', { node: 'app index' })
const missing = new HostError('TOOL_MISSING', 'xz is not installed', { node: 'app base(linux/amd64)' })
const keyring = new DefinitionError(
  [{ path: 'apt base debian', message: 'there is no such keyring', hint: 'name another' }],
  'LOCK_INCOMPLETE',
)

test.each([
  [broken, EngineError],
  [denied, RegistryError],
  [missing, HostError],
  [keyring, DefinitionError],
])('several failures are one error of the class and code of the first', (first, kind) => {
  const others = [broken, denied, missing, keyring].filter((one) => one !== first)
  const combined = combineFailures([first, ...others])
  expect(combined).toBeInstanceOf(kind)
  expect(combined).toMatchObject({ code: first.code })
})

test('each is reported with its node', () => {
  expect(combineFailures([broken, denied])).toMatchObject({
    message: 'app image(linux/amd64): the build failed\napp index: denied',
    hint: 'look',
  })
  expect(combineFailures([keyring, broken, new Error('odd')])).toMatchObject({
    issues: [
      { path: 'apt base debian', message: 'there is no such keyring', hint: 'name another' },
      { path: 'app image(linux/amd64)', message: 'the build failed', hint: 'look' },
      { path: 'run', message: 'odd' },
    ],
  })
})

test('one failure that several nodes have had is that failure', () => {
  expect(combineFailures([denied, denied])).toBe(denied)
})
