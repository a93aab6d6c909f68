import { EventEmitter, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'

/** Where builds wait until they are let through, so that a test knows that they are in the middle. */
export interface Gate extends AsyncDisposable {
  readonly url: string
  /** A command for RUN that waits here, in double quotes; the build needs the host's network. */
  command(name: string): string
  /** Names that are waiting now, sorted. */
  waiting(): readonly string[]
  /** Resolves as soon as exactly these wait, or so many; rejects where the run that they belong to ends before that. */
  waitFor(wanted: readonly string[] | number, run: Promise<unknown>): Promise<void>
  /** Lets through who is waiting, and all who come later. */
  open(): void
  /** Closes the gate. */
  close(): void
}

/** Starts a closed gate. It detects waiting clients that have disconnected. */
export async function startGate(): Promise<Gate> {
  const waiting = new Map<ServerResponse, string>()
  const changes = new EventEmitter().setMaxListeners(0)
  let isOpen = false
  const server = createServer((request, response) => {
    if (isOpen) {
      response.end()
      return
    }
    waiting.set(response, decodeURIComponent((request.url ?? '').slice(1)))
    response.once('close', () => {
      waiting.delete(response)
      changes.emit('change')
    })
    changes.emit('change')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const names = () => [...waiting.values()].sort()

  async function waitFor(wanted: readonly string[] | number, run: Promise<unknown>): Promise<void> {
    const sorted = typeof wanted === 'number' ? wanted : [...wanted].sort()
    const isThere = () => isDeepStrictEqual(sorted, typeof sorted === 'number' ? names().length : names())
    const ended = run.then(() => {
      throw new Error(`the run ended before ${wanted} waited`)
    })
    ended.catch(() => {})
    while (!isThere()) await Promise.race([once(changes, 'change'), ended])
  }

  return {
    url,
    command: (name) => `busybox wget -q -O /dev/null "${url}/${name}"`,
    waiting: names,
    waitFor,
    open() {
      isOpen = true
      for (const response of waiting.keys()) response.end()
    },
    close() {
      isOpen = false
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
