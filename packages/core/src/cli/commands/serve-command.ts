import { once } from 'node:events'
import { resolve } from 'node:path'
import { STORAGE_FULL } from '../../model/disk-full.js'
import { DefinitionError } from '../../model/errors.js'
import { defaultRegistryDirectory } from '../../operations/registry-choice.js'
import type { CommandContext } from '../command.js'
import { printNote, printResult } from '../output.js'

/** HTTP status of content that was stored. */
const CREATED = 201

/** Flags of `serve`. */
export interface ServeFlags {
  readonly port: string
  readonly hostName?: readonly string[]
  readonly sparse?: boolean
}

/** `build.ts serve`: runs the embedded registry until it is cancelled. */
export async function serveCommand(
  directory: string | undefined,
  { port: written, hostName: hostNames = [], sparse = false }: ServeFlags,
  { host, signal }: CommandContext,
): Promise<void> {
  const port = Number(written)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    const hint = 'use a number up to 65535; 0 selects a free port'
    throw new DefinitionError([{ path: '--port', message: `port '${written}' is not valid`, hint }], 'USAGE')
  }
  const { startRegistry } = await import('../../registry-server/index.js')
  const place = directory === undefined ? await defaultRegistryDirectory() : resolve(directory)
  let isFull = false
  const onRequest = ({ status }: { readonly status: number }) => {
    if (status === STORAGE_FULL && !isFull) {
      printNote(`the disk of ${place} is full: pushes fail until space is freed`, host)
    }
    // Reads succeed on a full disk, too.
    if (status === STORAGE_FULL || status === CREATED) isFull = status === STORAGE_FULL
  }
  await using server = await startRegistry({ directory: place, port, hostNames, sparse, onRequest })
  printResult(`serving ${place} at ${server.host} (Ctrl-C ends it)\n`, host)
  if (!signal.aborted) await once(signal, 'abort')
}
