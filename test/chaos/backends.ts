import { rmSync, symlinkSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { type Login, startDebianRegistry } from '../support/debian-registry.js'
import { PutBackFolder } from './put-back.js'

/** A registry whose content is put back before each run. It keeps the content of each operation in a folder. */
export interface Backend extends AsyncDisposable {
  /** Host and port, which may change with each start. */
  readonly host: string
  /** What it asks of everybody, also of the checker, which reads by plain HTTP. */
  readonly login: Login | undefined
  /** Starts it, empty and without the logins that only clients of the proxy need. */
  startEmpty(operation: string): Promise<void>
  /** Keeps the content that an operation starts from. */
  save(operation: string): Promise<void>
  /** Starts it with that content. */
  restore(operation: string): Promise<void>
}

/** Logins of the embedded registry; everybody may read, so that the checker needs no tokens. */
export const EMBEDDED_LOGIN: Login = { username: 'ada', password: 'p?>:~~>secret??' }

/** Folders by operation, below one folder. */
class Folders {
  readonly #all = new Map<string, PutBackFolder>()

  constructor(readonly folder: string) {}

  of(operation: string): PutBackFolder {
    const place = (name: string) => join(this.folder, `${name}-${operation}`)
    const found = this.#all.get(operation) ?? new PutBackFolder(place('store'), place('saved'))
    this.#all.set(operation, found)
    return found
  }
}

/** polyarch's own registry, started again for each run. */
export async function embeddedBackend(folder: string, withTokens: boolean): Promise<Backend> {
  const folders = new Folders(folder)
  let server = await startRegistry({ directory: join(folder, 'store') })
  const auth = withTokens && {
    auth: {
      kind: 'bearer' as const,
      users: { [EMBEDDED_LOGIN.username]: EMBEDDED_LOGIN.password },
      anonymousPull: true,
    },
  }
  const stop = async () => {
    await server.close()
  }
  return {
    get host() {
      return server.host
    },
    login: undefined,
    async startEmpty(operation) {
      await stop()
      const store = folders.of(operation)
      store.empty()
      server = await startRegistry({ directory: store.path })
    },
    async save(operation) {
      await stop()
      folders.of(operation).save()
    },
    async restore(operation) {
      await stop()
      const store = folders.of(operation)
      store.restore()
      server = await startRegistry({ directory: store.path, ...auth })
    },
    [Symbol.asyncDispose]: stop,
  }
}

/** Debian's docker-registry. It keeps nothing in memory, so that its files are replaced while it runs. */
export async function debianBackend(withLogin: boolean): Promise<Backend> {
  const registry = await startDebianRegistry({ auth: withLogin ? 'htpasswd' : 'none' })
  // Blobs are not replaced: they belong to a repository only by its links.
  const parent = join(registry.store, 'docker/registry/v2')
  await mkdir(parent, { recursive: true })
  // Its uploads are moved out of there, which works on one file system only.
  const folder = `${registry.store}-by-operation`
  await mkdir(folder)
  const folders = new Folders(folder)
  const show = ({ path }: PutBackFolder) => {
    rmSync(join(parent, 'repositories'), { recursive: true, force: true })
    symlinkSync(path, join(parent, 'repositories'))
  }
  return {
    host: registry.host,
    login: registry.login,
    async startEmpty(operation) {
      folders.of(operation).empty()
      show(folders.of(operation))
    },
    save: async (operation) => folders.of(operation).save(),
    async restore(operation) {
      folders.of(operation).restore()
      show(folders.of(operation))
    },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  }
}
