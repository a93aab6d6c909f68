import { EngineError } from '../../model/errors.js'
import { shownLocation } from '../../model/shown-location.js'
import { gitConfig } from './git-process.js'

/** A git URL without its login, and the environment that passes the login on. */
export interface GitAddress {
  readonly url: string
  readonly env: Readonly<Record<string, string>>
}

/** Runs in git's shell for helpers; the login is only in the environment. */
const HELPER = `!f() { test "$1" = get || return 0; printf 'username=%s\\n' "$POLYARCH_GIT_USERNAME"; \
test -z "\${POLYARCH_GIT_PASSWORD+x}" || printf 'password=%s\\n' "$POLYARCH_GIT_PASSWORD"; }; f`

/**
 * Removes the login from an http(s) URL, because arguments of programs are visible to every user of the machine. git
 * gets it from a credential helper, for this scheme, host and port only.
 *
 * @throws EngineError CONTEXT_UNREADABLE if the login cannot be passed on
 */
export function gitAddress(url: string): GitAddress {
  const [, scheme = '', authority = '', rest = ''] = /^([a-z]+:\/\/)([^/?#]*)(.*)$/is.exec(url) ?? []
  const at = authority.lastIndexOf('@')
  if (at < 0) return { url, env: {} }
  const [host, login] = [authority.slice(at + 1), authority.slice(0, at)]
  const colon = login.indexOf(':')
  if (!/^https?:/i.test(scheme)) {
    if (colon < 0) return { url, env: {} }
    throw refused(`${scheme}${host}${rest}`, 'has a password, which only http and https support')
  }
  const bare = `${scheme}${host}${rest}`
  const [username, ...password] = (colon < 0 ? [login] : [login.slice(0, colon), login.slice(colon + 1)]).map(decoded)
  // The protocol of credential helpers is line-based.
  if ([username, ...password].some((text = '') => /[\n\r\0]/.test(text)))
    throw refused(bare, 'has a line break in its login')
  const section = `credential.${scheme}${host}`
  const env = { POLYARCH_GIT_USERNAME: username ?? '', ...(password[0] && { POLYARCH_GIT_PASSWORD: password[0] }) }
  // An empty helper disables those of the user's configuration: the URL states the login.
  return {
    url: bare,
    env: {
      ...env,
      ...gitConfig([
        [`${section}.helper`, ''],
        [`${section}.helper`, HELPER],
      ]),
    },
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function refused(url: string, reason: string): EngineError {
  return new EngineError('CONTEXT_UNREADABLE', `git context ${shownLocation(url)}: the URL ${reason}`, {
    hint: 'remove the login from the URL, and use a git credential helper or an ssh key',
  })
}
