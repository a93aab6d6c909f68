import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that the kernel gives to whoever asks for any: a server of another test does not get one of these. */
const [FIRST, LAST] = [20_000, 32_000]

/** A TCP port on 127.0.0.1 that nothing listens on now. Prefer port 0 where the program can tell which one it got. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(() => true, isTaken)
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

function isTaken(error: { readonly code?: unknown }): false {
  if (error.code !== 'EADDRINUSE') throw error
  return false
}
