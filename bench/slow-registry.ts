import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A registry behind a network: each answer comes so much later. */
export interface SlowRegistry extends AsyncDisposable {
  readonly host: string
  /** How many requests came since the last call. */
  count(): number
}

/** Puts a network of so many milliseconds per request before the registry at a host that speaks plain HTTP. */
export async function slowDown(target: string, delay: number): Promise<SlowRegistry> {
  let seen = 0
  const server = createServer(async (incoming, response) => {
    seen++
    await sleep(delay)
    const { method, url, headers } = incoming
    const onward = request(`http://${target}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.once('error', () => response.destroy())
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    count() {
      const before = seen
      seen = 0
      return before
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
