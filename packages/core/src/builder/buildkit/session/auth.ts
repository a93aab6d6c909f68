import { messageTypes } from '../grpc/messages.js'
import type { RegistryLogin, SessionOptions } from '../options.js'
import { type SessionService, unaryMethod } from './service.js'

/** @see https://github.com/moby/buildkit/blob/v0.13.0/session/auth/auth.proto */
const SCHEMA = `
syntax = "proto3";

message CredentialsRequest {
  string host = 1;
}

message CredentialsResponse {
  string username = 1;
  string secret = 2;
}
`

/**
 * Sends BuildKit the login of each registry host that it pulls from, and of no other.
 *
 * Methods with which a client would fetch tokens itself are not implemented, so BuildKit fetches tokens with the login.
 */
export function authService(find: NonNullable<SessionOptions['credentials']>): SessionService {
  const type = messageTypes(SCHEMA)
  const types = {
    request: type<{ host: string }>('CredentialsRequest'),
    answer: type<{ username?: string; secret?: string }>('CredentialsResponse'),
  }
  return [
    unaryMethod('/moby.filesync.v1.Auth/Credentials', types, async ({ host }, { signal }) =>
      answerFor(await find(host, { signal })),
    ),
  ]
}

/** An identity token is a secret without a user; an anonymous login has neither. */
function answerFor(login: RegistryLogin | undefined): { username?: string; secret?: string } {
  if (login === undefined) return {}
  if ('token' in login) return { secret: login.token }
  return { username: login.username, secret: login.password }
}
