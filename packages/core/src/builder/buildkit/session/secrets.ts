import { messageTypes } from '../grpc/messages.js'
import type { BuildSecrets } from '../options.js'
import { NotInSession, type SessionService, unaryMethod } from './service.js'

/** @see https://github.com/moby/buildkit/blob/v0.13.0/session/secrets/secrets.proto */
const SCHEMA = `
syntax = "proto3";

message GetSecretRequest {
  string id = 1;
}

message GetSecretResponse {
  bytes data = 1;
}
`

/** Reads a secret when a step of the build mounts it. What is not among them is not found, whatever else this machine has. */
export function secretsService(secrets: BuildSecrets): SessionService {
  const type = messageTypes(SCHEMA)
  const types = {
    request: type<{ id: string }>('GetSecretRequest'),
    answer: type<{ data: Uint8Array }>('GetSecretResponse'),
  }
  const byId = new Map(Object.entries(secrets))
  return [
    unaryMethod('/moby.buildkit.secrets.v1.Secrets/GetSecret', types, async ({ id }) => {
      const read = byId.get(id)
      if (read === undefined) throw new NotInSession(`the build has no secret '${id}'`)
      return { data: await read() }
    }),
  ]
}
