import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { type Login, startDebianRegistry } from '../support/debian-registry.js'

/** A registry whose content is put back before each run. */
export interface Backend extends AsyncDisposable {
  /** Host and port, which may change with each start. */
  readonly host: string
  /** What it asks of everybody, also of the checker, which reads by plain HTTP. */
  readonly login: Login | undefined
  /** Starts it, empty and without the logins that only clients of the proxy need. */
  startEmpty(): Promise<void>
  /** Keeps the content under a name. */
  save(name: string): Promise<void>
  /** Starts it with the content under a name. */
  restore(name: string): Promise<void>
}

/** Logins of the embedded registry; everybody may read, so that the checker needs no tokens. */
export const EMBEDDED_LOGIN: Login = { username: 'ada', password: 'p?>:~~>secret??' }

/** polyarch's own registry, started again for each run. */
export async function embeddedBackend(folder: string, withTokens: boolean): Promise<Backend> {
  const store = join(folder, 'store')
  let server = await startRegistry({ directory: store })
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
    async startEmpty() {
      await stop()
      await rm(store, { recursive: true, force: true })
      server = await startRegistry({ directory: store })
    },
    async save(name) {
      await stop()
      await cp(store, join(folder, name), { recursive: true })
    },
    async restore(name) {
      await stop()
      await rm(store, { recursive: true, force: true })
      await cp(join(folder, name), store, { recursive: true })
      server = await startRegistry({ directory: store, ...auth })
    },
    [Symbol.asyncDispose]: stop,
  }
}

/** Debian's docker-registry. It keeps nothing in memory, so that its files are replaced while it runs. */
export async function debianBackend(folder: string, withLogin: boolean): Promise<Backend> {
  const registry = await startDebianRegistry({ auth: withLogin ? 'htpasswd' : 'none' })
  // Blobs are not replaced: they belong to a repository only by its links.
  const repositories = join(registry.store, 'docker/registry/v2/repositories')
  const clear = () => rm(repositories, { recursive: true, force: true })
  return {
    host: registry.host,
    login: registry.login,
    startEmpty: clear,
    save: (name) => cp(repositories, join(folder, name), { recursive: true }),
    async restore(name) {
      await clear()
      await cp(join(folder, name), repositories, { recursive: true })
    },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  }
}
