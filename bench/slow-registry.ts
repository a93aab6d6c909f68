import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A registry at the other end of a slow network. */
export interface SlowRegistry extends AsyncDisposable {
  readonly host: string
}

/**
 * Puts a network before the registry at a host, on which a way there and back takes so many milliseconds, the one that
 * opens a connection too. It passes on bytes: were it to read and write HTTP, its own work would be what is measured.
 */
export async function slowDown(target: string, roundTrip: number): Promise<SlowRegistry> {
  const [address, port] = target.split(':')
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const registry = connect(Number(port), address)
    setTimeout(() => passOn(client, registry, roundTrip / 2), roundTrip)
    passOn(registry, client, roundTrip / 2)
    for (const socket of [client, registry]) open.add(socket.once('close', () => open.delete(socket)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function passOn(from: Socket, to: Socket, delay: number): void {
  from
    .setNoDelay()
    .on('data', (chunk) => setTimeout(() => to.write(chunk), delay))
    .once('end', () => setTimeout(() => to.end(), delay))
    .once('error', () => to.destroy())
}
