import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { SessionOptions } from './options.js'
import { type BuildKitSession, openSession } from './session.js'

/** A connection to a Docker Engine, as `new Docker()` of dockerode makes one. */
export interface DockerConnection {
  readonly modem: { dial(options: object, callback: (error: unknown, answer: unknown) => void): void }
}

/**
 * Opens a BuildKit session on a dockerode connection: logins per registry host, secrets, ssh agents. Name its id in the
 * build request, and dispose of it when the build has ended.
 *
 * @throws Error where the engine answers with anything but a session.
 * @example
 * ```ts
 * await using session = await openBuildKitSession(docker, { secrets: { token: () => Buffer.from('s3cret') } })
 * // A number, for dockerode opens a session of its own for the text.
 * const output = await docker.buildImage(context, { version: 2, session: session.id } as object)
 * ```
 */
export function openBuildKitSession(
  { modem }: DockerConnection,
  options: SessionOptions & { readonly signal?: AbortSignal } = {},
): Promise<BuildKitSession> {
  const dial = (headers: object) =>
    new Promise<Duplex>((resolve, reject) => {
      const request = {
        method: 'POST',
        path: '/session',
        hijack: true,
        // An empty body, because docker-modem would send a chunked one, whose end the engine would take for HTTP/2.
        file: Buffer.alloc(0),
        headers: { ...headers, Upgrade: 'h2c' },
        statusCodes: { 101: true, 200: true },
        isStream: true,
        ...(options.signal && { abortSignal: options.signal }),
      }
      modem.dial(request, (error, answer) => {
        if (error) reject(error)
        else if (isResponse(answer)) refuse(answer).catch(reject)
        else resolve(answer as Duplex)
      })
    })
  return openSession(dial, options)
}

function isResponse(answer: unknown): answer is IncomingMessage {
  return typeof answer === 'object' && answer !== null && 'statusCode' in answer
}

async function refuse(response: IncomingMessage): Promise<never> {
  throw new Error(`the engine opened no session (HTTP ${response.statusCode}): ${await text(response)}`)
}
