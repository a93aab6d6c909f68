import { DefinitionError, type Issue } from '../model/errors.js'
import type { ServerAuth } from './auth/auth.js'
import type { RegistryServerOptions } from './options.js'

/**
 * Rejects logins without a user name or password, such as from an unset variable.
 *
 * @throws DefinitionError USAGE
 */
export function checkOptions({ auth }: RegistryServerOptions): void {
  const issues = auth === undefined ? [] : authIssues(auth)
  if (issues.length > 0) throw new DefinitionError(issues, 'USAGE')
}

function authIssues({ kind, users, tokenLifetime = 0 }: ServerAuth): readonly Issue[] {
  const path = 'startRegistry(auth)'
  const issues = Object.entries(users ?? {}).flatMap(([name, password]) => userIssues(name, password))
  if (kind !== 'basic' && kind !== 'bearer') {
    issues.push({ path, message: `login kind '${String(kind)}' does not exist`, hint: "use 'basic' or 'bearer'" })
  }
  if (Object.keys(users ?? {}).length === 0) {
    issues.push({ path, message: 'users is empty', hint: "add one: users: { ada: 'a password' }" })
  }
  if (!(Number.isFinite(tokenLifetime) && tokenLifetime >= 0)) {
    issues.push({
      path,
      message: `'${tokenLifetime}' is not a number of seconds`,
      hint: 'use a number; the default is 300',
    })
  }
  return issues
}

/** Types are not reliable here: values come from environment variables. */
function userIssues(name: string, password: unknown): Issue[] {
  const path = 'startRegistry(auth.users)'
  const issues: Issue[] = []
  if (name === '' || name.includes(':')) {
    const message = name === '' ? 'a user name is empty' : `the user name '${name}' has a colon`
    issues.push({ path, message, hint: 'if it comes from an environment variable, check that the variable is set' })
  }
  if (typeof password !== 'string' || password === '') {
    const message = `the password of '${name}' is empty`
    issues.push({ path, message, hint: 'if it comes from an environment variable, check that the variable is set' })
  }
  return issues
}
