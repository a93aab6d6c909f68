import { once } from 'node:events'
import { resolve } from 'node:path'
import { DefinitionError } from '../model/errors.js'
import { defaultRegistryDirectory } from '../operations/registry-choice.js'
import type { CommandContext } from './command.js'
import { printResult } from './output.js'

/** `build.ts serve`: keeps the embedded registry up until it is cancelled. */
export async function serveCommand(
  directory: string | undefined,
  flags: { readonly port: string },
  { host, signal }: CommandContext,
): Promise<void> {
  const port = Number(flags.port)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    const hint = 'write a number up to 65535; 0 takes a free one'
    throw new DefinitionError([{ path: '--port', message: `'${flags.port}' is not a port`, hint }], 'USAGE')
  }
  const { startRegistry } = await import('../registry-server/index.js')
  const place = directory === undefined ? await defaultRegistryDirectory() : resolve(directory)
  await using server = await startRegistry({ directory: place, port })
  printResult(`serving ${place} at ${server.host} (Ctrl-C ends it)\n`, host)
  if (!signal.aborted) await once(signal, 'abort')
}
