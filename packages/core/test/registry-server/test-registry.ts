import { randomBytes } from 'node:crypto'
import type { TempFolder } from '../../../../test/support/temp-folder.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type Digest, digestOf } from '../../src/model/digest.js'
import {
  type RegistryServer,
  type RegistryServerOptions,
  type ServerRequest,
  startRegistry,
} from '../../src/registry-server/index.js'

/** A registry of a test's own, in a folder of its own. */
export interface TestRegistry extends AsyncDisposable {
  readonly server: RegistryServer
  readonly directory: string
  /** All requests that have been answered. */
  readonly requests: readonly ServerRequest[]
  /** Sends a request to a path of the server, with what a path cannot say in the options. */
  send(path: string, options?: RequestInit): Promise<Response>
}

/** Starts one, empty. */
export async function testRegistry(options: Omit<RegistryServerOptions, 'directory'> = {}): Promise<TestRegistry> {
  const folder = await tempFolder('registry')
  return registryIn(folder, options)
}

async function registryIn(
  folder: TempFolder,
  options: Omit<RegistryServerOptions, 'directory'>,
): Promise<TestRegistry> {
  const requests: ServerRequest[] = []
  const directory = `${folder.path}/registry`
  const server = await startRegistry({ directory, onRequest: (request) => requests.push(request), ...options })
  return {
    server,
    directory,
    requests,
    send: (path, request) => fetch(`${server.url}${path}`, request),
    async [Symbol.asyncDispose]() {
      await server.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Bytes that no other test has. */
export function someBytes(size = 1000): { readonly bytes: Buffer<ArrayBuffer>; readonly digest: Digest } {
  const bytes = Buffer.from(randomBytes(size))
  return { bytes, digest: digestOf(bytes) }
}

/** Puts a blob into a repository by one request. */
export async function putBlob(
  { send }: Pick<TestRegistry, 'send'>,
  name: string,
  { bytes, digest } = someBytes(),
): Promise<Digest> {
  const { status } = await send(`/v2/${name}/blobs/uploads/?digest=${digest}`, { method: 'POST', body: bytes })
  if (status !== 201) throw new Error(`the blob was not taken: ${status}`)
  return digest
}

/** Starts an upload, and returns the path to continue at. */
export async function beginUpload({ send }: Pick<TestRegistry, 'send'>, name: string): Promise<string> {
  const { headers } = await send(`/v2/${name}/blobs/uploads/`, { method: 'POST' })
  return headers.get('location') ?? ''
}

/** The codes of an error's body. */
export async function errorCodes(response: Response): Promise<readonly string[]> {
  const { errors } = (await response.json()) as { errors: { code: string }[] }
  return errors.map(({ code }) => code)
}
