import { resolve } from 'node:path'
import { registryDiskFull, STORAGE_FULL } from '../model/disk-full.js'
import { CancelledError, HostError } from '../model/errors.js'
import type { ServerRequest } from '../registry-server/index.js'

const EMBEDDED = /^embedded(?::(.*))?$/s

/** The registry that replaces the host of pushed names, available until disposal. */
export interface ChosenRegistry extends AsyncDisposable {
  /** `host[:port][/prefix]`; undefined if names keep their hosts. */
  readonly host: string | undefined
  /** Address of the embedded registry; it replaces `EMBEDDED_HOST` in a compiled definition. */
  readonly startedAt?: string
  /** Converts a failed push to an error that names the embedded registry's full disk. */
  explain(error: unknown): unknown
}

/** Whether the text selects the embedded registry. */
export function isEmbedded(registry: string | undefined): boolean {
  return registry !== undefined && EMBEDDED.test(registry)
}

/** Placeholder host until the embedded registry has an address. */
export const EMBEDDED_HOST = 'localhost'

/** The registry for validating a definition, before a server is started. */
export function registryBeforeStart(choice: string | undefined): string | undefined {
  return isEmbedded(choice) ? EMBEDDED_HOST : choice
}

/** Default directory of the embedded registry. */
export async function defaultRegistryDirectory(): Promise<string> {
  const { default: envPaths } = await import('env-paths')
  return resolve(envPaths('polyarch', { suffix: '' }).data, 'registry')
}

/** Directory of `embedded[:directory]`. */
export async function registryDirectory(choice: string): Promise<string> {
  const directory = EMBEDDED.exec(choice)?.[1]
  return directory ? resolve(directory) : defaultRegistryDirectory()
}

/** A registry that another process serves. */
const EXTERNAL = { explain: (error: unknown) => error, [Symbol.asyncDispose]: async () => {} }

/**
 * Makes the selected registry available: starts the embedded one, or uses the process that already serves its
 * directory.
 *
 * @throws HostError DIRECTORY_IN_USE
 */
export async function chooseRegistry(
  choice: string | undefined,
  onRequest?: (request: ServerRequest) => void,
): Promise<ChosenRegistry> {
  if (!isEmbedded(choice) || choice === undefined) return { ...EXTERNAL, host: choice }
  const directory = await registryDirectory(choice)
  const { runningRegistry, startRegistry } = await import('../registry-server/index.js')
  const join = async (): Promise<ChosenRegistry | undefined> => {
    const running = await runningRegistry(directory)
    return running && { ...EXTERNAL, host: running.host, startedAt: running.host }
  }
  const joined = await join()
  if (joined !== undefined) return joined
  let isFull = false
  const observe = (request: ServerRequest) => {
    isFull ||= request.status === STORAGE_FULL
    onRequest?.(request)
  }
  try {
    const server = await startRegistry({ directory, onRequest: observe })
    return {
      host: server.host,
      startedAt: server.host,
      explain: (error) => (isFull && !(error instanceof CancelledError) ? registryDiskFull(directory, error) : error),
      [Symbol.asyncDispose]: () => server.close(),
    }
  } catch (error) {
    // Another run may have started it concurrently.
    const late = error instanceof HostError && error.code === 'DIRECTORY_IN_USE' ? await join() : undefined
    if (late === undefined) throw error
    return late
  }
}
