import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import Docker from 'dockerode'
import { type BenchEngine, openBenchEngine } from '../../bench/bench-engines.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { type RegistryState, readState } from '../chaos/checker.js'
import type { KillableOptions } from '../pipeline/build-until-killed.js'
import { Cleanup } from '../support/cleanup.js'
import { startDebianRegistry } from '../support/debian-registry.js'

/** The registries that killed runs publish to. */
export const KILL_REGISTRIES = ['embedded', 'docker-registry'] as const

/** One of {@link KILL_REGISTRIES}. */
export type KillRegistry = (typeof KILL_REGISTRIES)[number]

/** Where one run publishes to. */
export interface Publishing extends Pick<KillableOptions, 'repository' | 'execution'> {
  /** Repositories without the host. */
  readonly repositories: readonly string[]
  /** Reads them by plain HTTP. */
  read(): Promise<RegistryState>
  /** Deletes all that was published. */
  clear(): Promise<void>
}

type Publisher = (name: string, folder: string) => Publishing

/** An engine with registries. */
export interface Setting extends AsyncDisposable {
  publishing(registry: KillRegistry, ...place: Parameters<Publisher>): Publishing
  /** Images in the engine whose names have a text in them; all images, if the engine is the setting's own. */
  imagesLeft(name: string): Promise<readonly string[]>
}

/** Starts an engine, if it is a newer one, and docker-registry. */
export async function openSetting(engineName: BenchEngine): Promise<Setting> {
  await using cleanup = new Cleanup()
  const engine = cleanup.use(await openBenchEngine(engineName))
  const publishers = { embedded: embedded(engine.host), 'docker-registry': await debian(engine.host, cleanup) }
  const docker = new Docker({ socketPath: engine.host.replace(/^unix:\/\//, '') })
  const ending = cleanup.move()
  return {
    publishing: (registry, name, folder) => publishers[registry](name, folder),
    async imagesLeft(name) {
      const images = await docker.listImages({ all: true })
      const named = images.map(({ Id, RepoTags, RepoDigests }) => [...(RepoTags ?? []), ...(RepoDigests ?? []), Id])
      // The machine's engine has images of others.
      const own = engineName === '20.10' ? named.filter((names) => names.some((one) => one.includes(name))) : named
      return own.map((names) => names.join(' '))
    },
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}

const repositoriesOf = (name: string) => [`${name}/app`, `${name}/app-from`]

/** The registry that each run starts in its own process. */
function embedded(engine: string): Publisher {
  return (name, folder) => {
    const directory = join(folder, 'store')
    return {
      repository: `registry.example.com/${name}/app`,
      repositories: repositoriesOf(name),
      execution: { engine: { host: engine }, registry: `embedded:${directory}` },
      async read() {
        await using server = await startRegistry({ directory })
        return await readState(server.host, repositoriesOf(name))
      },
      clear: () => rm(directory, { recursive: true, force: true }),
    }
  }
}

async function debian(engine: string, cleanup: Cleanup): Promise<Publisher> {
  const { host, store } = cleanup.use(await startDebianRegistry())
  return (name) => ({
    repository: `${host}/${name}/app`,
    repositories: repositoriesOf(name),
    execution: { engine: { host: engine } },
    read: () => readState(host, repositoriesOf(name)),
    clear: () => rm(join(store, 'docker/registry/v2/repositories', name), { recursive: true, force: true }),
  })
}
