import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ephemeral ports of the kernel, so that no server of another test gets one of these. */
const [FIRST, LAST] = [20_000, 32_000]

/** A free TCP port on 127.0.0.1. Prefer port 0 if the program reports the port that it got. */
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
