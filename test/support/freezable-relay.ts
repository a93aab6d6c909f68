import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** An engine behind a port, which can be frozen: connections stay open, and nothing passes any more. */
export interface FreezableRelay extends AsyncDisposable {
  /** `tcp://127.0.0.1:…` */
  readonly address: string
  freeze(): void
}

/** Starts a relay in front of the engine that listens on this socket. */
export async function startFreezableRelay(engineSocket: string): Promise<FreezableRelay> {
  let isFrozen = false
  const sockets = new Set<Socket>()
  const passOn = (from: Socket, to: Socket) => {
    sockets.add(from)
    from
      .on('data', (chunk) => isFrozen || to.write(chunk))
      .on('end', () => isFrozen || to.end())
      .on('error', () => to.destroy())
      .on('close', () => sockets.delete(from))
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: engineSocket, allowHalfOpen: true })
    passOn(client, engine)
    passOn(engine, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    freeze() {
      isFrozen = true
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
