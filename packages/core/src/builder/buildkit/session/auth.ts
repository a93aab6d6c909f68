import { type Encoded, field, message } from '../grpc/messages.js'
import type { RegistryLogin, SessionOptions } from '../options.js'
import { type SessionService, unaryMethod } from './service.js'

/** @see https://github.com/moby/buildkit/blob/v0.13.0/session/auth/auth.proto */
const credentials = {
  request: message('CredentialsRequest', { host: field('string', 1) }),
  answer: message('CredentialsResponse', { username: field('string', 1), secret: field('string', 2) }),
}

/**
 * Sends BuildKit the login of each registry host that it pulls from, and of no other.
 *
 * Methods with which a client would fetch tokens itself are not implemented, so BuildKit fetches tokens with the login.
 */
export function authService(find: NonNullable<SessionOptions['credentials']>): SessionService {
  return [
    unaryMethod('/moby.filesync.v1.Auth/Credentials', credentials, async ({ host }, { signal }) =>
      answerFor(await find(host, { signal })),
    ),
  ]
}

/** An identity token is a secret without a user; an anonymous login has neither. */
function answerFor(login: RegistryLogin | undefined): Encoded<typeof credentials.answer> {
  if (login === undefined) return {}
  if ('token' in login) return { secret: login.token }
  return { username: login.username, secret: login.password }
}
