import { field, message } from '../grpc/messages.js'
import type { BuildSecrets } from '../options.js'
import { NotInSession, type SessionService, unaryMethod } from './service.js'

/** @see https://github.com/moby/buildkit/blob/v0.13.0/session/secrets/secrets.proto */
const getSecret = {
  request: message('GetSecretRequest', { id: field('string', 1) }),
  answer: message('GetSecretResponse', { data: field('bytes', 1) }),
}

/** Serves secrets: each is read when a step mounts it. Other ids are not found. */
export function secretsService(secrets: BuildSecrets): SessionService {
  const byId = new Map(Object.entries(secrets))
  return [
    unaryMethod('/moby.buildkit.secrets.v1.Secrets/GetSecret', getSecret, async ({ id }) => {
      const read = byId.get(id)
      if (read === undefined) throw new NotInSession(`the build has no secret '${id}'`)
      return { data: await read() }
    }),
  ]
}
