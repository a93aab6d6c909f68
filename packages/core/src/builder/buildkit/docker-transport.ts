import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { BuildKitClient } from './client.js'

/** A connection to a Docker Engine, as `new Docker()` of dockerode makes one. */
export interface DockerConnection {
  readonly modem: { dial(options: object, callback: (error: unknown, answer: unknown) => void): void }
}

/**
 * A client for the BuildKit of a Docker Engine, 20.10 or newer, over a connection of dockerode. Nothing is contacted
 * before the first call.
 *
 * @example
 * ```ts
 * await using buildKit = connectBuildKit(new Docker())
 * const workers = await (await buildKit.control()).listWorkers()
 * ```
 */
export function connectBuildKit({ modem }: DockerConnection): BuildKitClient {
  return new BuildKitClient({
    connect: (signal) => upgrade(modem, '/grpc', {}, signal),
    dialSession: (headers, signal) => upgrade(modem, '/session', headers, signal),
  })
}

/** Upgrades a request to HTTP/2. @throws Error where the engine answers with anything else */
function upgrade(
  modem: DockerConnection['modem'],
  path: string,
  headers: object,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = {
      method: 'POST',
      path,
      hijack: true,
      // An empty body: docker-modem would send a chunked one, and the engine would take its end for HTTP/2.
      file: Buffer.alloc(0),
      headers: { ...headers, Upgrade: 'h2c' },
      statusCodes: { 101: true, 200: true },
      isStream: true,
      ...(signal && { abortSignal: signal }),
    }
    modem.dial(request, (error, answer) => {
      if (error) reject(error)
      else if (isResponse(answer)) refuse(path, answer).catch(reject)
      else resolve(answer as Duplex)
    })
  })
}

function isResponse(answer: unknown): answer is IncomingMessage {
  return typeof answer === 'object' && answer !== null && 'statusCode' in answer
}

async function refuse(path: string, response: IncomingMessage): Promise<never> {
  throw new Error(`the engine did not upgrade ${path} (HTTP ${response.statusCode}): ${await text(response)}`)
}
