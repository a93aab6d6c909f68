import type { Credentials } from './port.js'

/** Says which login was tried, never its secret. */
export function describeCredentials(credentials: Credentials | undefined): string {
  if (credentials === undefined) return 'no credentials'
  return credentials.kind === 'password' ? `the password of user '${credentials.username}'` : 'an identity token'
}

/** What to do when a host refuses, knowing which login it was shown. */
export function loginHint(host: string, credentials: Credentials | undefined): string {
  const login = `docker login ${host}`
  if (credentials === undefined) return `No credentials for ${host} were found: log in with \`${login}\`, or pass some.`
  return `${host} was shown ${describeCredentials(credentials)}: check that this login may do it, or log in anew with \`${login}\`.`
}
