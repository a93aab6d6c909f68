import { DefinitionError, type Fault } from '../model/errors.js'
import type { ServerAuth } from './auth/auth.js'
import type { RegistryServerOptions } from './options.js'

/**
 * Refuses logins that let everybody in, such as a user without a password out of an unset variable.
 *
 * @throws DefinitionError USAGE
 */
export function checkOptions({ auth }: RegistryServerOptions): void {
  const faults = auth === undefined ? [] : authFaults(auth)
  if (faults.length > 0) throw new DefinitionError(faults, 'USAGE')
}

function authFaults({ kind, users, tokenLifetime = 0 }: ServerAuth): readonly Fault[] {
  const path = 'startRegistry(auth)'
  const faults = Object.entries(users ?? {}).flatMap(([name, password]) => userFaults(name, password))
  if (kind !== 'basic' && kind !== 'bearer') {
    faults.push({ path, message: `'${String(kind)}' is not a kind of login`, hint: "write 'basic' or 'bearer'" })
  }
  if (Object.keys(users ?? {}).length === 0) {
    faults.push({ path, message: 'there are no users', hint: "name at least one: users: { ada: 'a password' }" })
  }
  if (!(Number.isFinite(tokenLifetime) && tokenLifetime >= 0)) {
    faults.push({ path, message: `'${tokenLifetime}' is not a number of seconds`, hint: 'write one; default 300' })
  }
  return faults
}

/** Types do not hold here: values come from environment variables. */
function userFaults(name: string, password: unknown): Fault[] {
  const path = 'startRegistry(auth.users)'
  const faults: Fault[] = []
  if (name === '' || name.includes(':')) {
    const message = name === '' ? 'a user name is empty' : `the user name '${name}' has a colon`
    faults.push({ path, message, hint: 'if it comes from an environment variable, check that the variable is set' })
  }
  if (typeof password !== 'string' || password === '') {
    const message = `the password of '${name}' is empty`
    faults.push({ path, message, hint: 'if it comes from an environment variable, check that the variable is set' })
  }
  return faults
}
