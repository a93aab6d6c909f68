import { setTimeout as sleep } from 'node:timers/promises'
import { digestOf } from '../../src/model/digest.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { staticCredentials } from '../../src/registry/auth/credentials.js'
import { createRegistry } from '../../src/registry/client.js'
import type { Credentials } from '../../src/registry/port.js'
import {
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  startScriptedServer,
} from './scripted-server.js'

/** A login. */
export const password: Credentials = { kind: 'password', username: 'builder', password: 'hunter2:s3cret' }
/** Another one. */
export const identity: Credentials = { kind: 'identity-token', token: 'refresh-s3cret' }

/** The answer to a HEAD of a manifest. */
export const head: ScriptedAnswer = {
  status: 200,
  headers: {
    'docker-content-digest': digestOf('manifest'),
    'content-type': MEDIA_TYPES.ociManifest,
    'content-length': '8',
  },
}

/** A registry and its token service. */
export interface TokenRegistry extends AsyncDisposable {
  readonly host: string
  readonly registry: ScriptedServer
  readonly tokens: ScriptedServer
}

/**
 * A registry that requires the newest token of its token service; `lifetimes` are those of its first tokens, in
 * seconds.
 */
export async function startTokenRegistry(
  options: {
    readonly lifetimes?: readonly number[]
    readonly answer?: (request: ScriptedRequest) => ScriptedAnswer
  } = {},
): Promise<TokenRegistry> {
  let issued = 0
  const tokens = await startScriptedServer(async () => {
    issued += 1
    const token = `token-${issued}`
    // Long enough for requests that come at the same time to meet.
    await sleep(20)
    return { status: 200, body: JSON.stringify({ token, expires_in: options.lifetimes?.[issued - 1] }) }
  })
  const challenge = `Bearer realm="http://${tokens.host}/token",service="registry.example.com"`
  const registry = await startScriptedServer((request) => {
    const valid = request.headers.authorization === `Bearer token-${issued}`
    if (!valid) return { status: 401, headers: { 'www-authenticate': challenge } }
    return options.answer?.(request) ?? head
  })
  return {
    host: registry.host,
    registry,
    tokens,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await tokens[Symbol.asyncDispose]()
    },
  }
}

/** A client with a login, perhaps, for one host. */
export function clientFor(host: string, credentials?: Credentials) {
  return createRegistry({
    retry: { delay: 1 },
    ...(credentials && { credentials: staticCredentials({ [host]: credentials }) }),
  })
}
