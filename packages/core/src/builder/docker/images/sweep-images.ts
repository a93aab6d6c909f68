import { connect } from 'node:net'
import { isLoopback } from '../../../model/loopback.js'
import type { BuilderCall } from '../../port.js'
import type { Connection } from '../connection/connection.js'
import { listImageNames, removeImageName } from './names.js'

/** The name that an image has in the engine during its build: host, port and the key tag. */
const BUILD_NAME = /^([^/]+):(\d{1,5})\/.+:polyarch-[0-9a-f]{64}$/

/** Milliseconds in which a port of this machine refuses a connection. */
const REFUSAL_TIME = 1000

/**
 * Removes image names that builds of killed runs left in the engine. Their host is a port of this machine on which no
 * process listens. Each start of the embedded registry has another port, so later builds do not replace them. Errors
 * are ignored: the next run tries again.
 */
export async function sweepImages(connection: Connection, call: BuilderCall): Promise<void> {
  try {
    const names = await listImageNames(connection, call)
    const closed = new Map<string, Promise<boolean>>()
    await Promise.all(
      names.map(async (name) => {
        const [, host = '', port = ''] = BUILD_NAME.exec(name) ?? []
        if (!isLoopback(host)) return
        const isClosed = closed.get(`${host}:${port}`) ?? isRefused(host, Number(port))
        closed.set(`${host}:${port}`, isClosed)
        if (await isClosed) await removeImageName(connection, name, call)
      }),
    )
  } catch {
    // The run does not depend on it.
  }
}

function isRefused(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[(.*)\]$/, '$1'), port, timeout: REFUSAL_TIME })
    const settle = (isClosed: boolean) => {
      socket.destroy()
      resolve(isClosed)
    }
    socket.once('connect', () => settle(false))
    socket.once('timeout', () => settle(false))
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNREFUSED'))
  })
}
