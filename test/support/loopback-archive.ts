import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** A folder that is served over HTTP on loopback. */
export interface LoopbackArchive extends AsyncDisposable {
  /** Its base URL. */
  readonly mirror: string
  /** Paths that were requested so far. */
  readonly requests: readonly string[]
}

/** Serves the files of a folder on a free port of 127.0.0.1. */
export async function startLoopbackArchive(folder: string): Promise<LoopbackArchive> {
  const requests: string[] = []
  const server = createServer(({ url = '' }, response) => {
    requests.push(url)
    const content = archiveFile(folder, url)
    response.writeHead(content === undefined ? 404 : 200).end(content)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    mirror: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** Reads a file of an archive; undefined if there is none. */
export function archiveFile(folder: string, url: string): Buffer | undefined {
  try {
    return readFileSync(join(folder, decodeURIComponent(new URL(url, 'http://archive').pathname)))
  } catch {
    return undefined
  }
}
