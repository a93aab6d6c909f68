import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { AMD64, ARM, pushBase } from '../pipeline/project.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { type UserFolder, userFolder } from './user-folder.js'

/** A user's folder, and a registry that has a busybox base for amd64 and one for arm/v7. */
export interface Stage extends AsyncDisposable {
  /** `127.0.0.1:40123`. */
  readonly host: string
  readonly url: string
  readonly folder: UserFolder
  /** Requests since the last call, as `GET /v2/…`. */
  requests(): readonly string[]
  /** Those since the last call of either that change something. */
  writes(): readonly string[]
}

/** The Dockerfile of {@link appText}: fast to build, and different for each base. */
export const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
RUN . /etc/os-release && echo "built on $PRETTY_NAME" > /built
CMD ["cat", "/built"]
`

/** Starts a registry and makes a folder with a `build.ts`, a Dockerfile and its context in `app`. */
export async function stage(kind: 'module' | 'npm-init' = 'module'): Promise<Stage> {
  await using cleanup = new Cleanup()
  const seen: string[] = []
  const directory = cleanup.use(await tempFolder('stage')).path
  const registry = cleanup.use(
    await startRegistry({ directory, onRequest: ({ method, path }) => seen.push(`${method} ${path}`) }),
  )
  await pushBase({ ...registry, repository: 'bases/wide' }, { platform: AMD64 })
  await pushBase({ ...registry, repository: 'bases/narrow' }, { platform: ARM })
  const folder = cleanup.use(await userFolder(kind))
  await folder.write({ 'app/Dockerfile': DOCKERFILE })
  await folder.writeBuild(appText(registry.host))
  seen.length = 0
  const requests = () => seen.splice(0)
  const ending = cleanup.move()
  return {
    host: registry.host,
    url: registry.url,
    folder,
    requests,
    writes: () => requests().filter((request) => !/^(GET|HEAD) /.test(request)),
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}

/** A definition of one pipeline for two platforms, and its `run`; the name has no host unless it is given one. */
export function appText(basesAt: string, name = `${basesAt}/team/app`): string {
  return `
const app = pipeline('${name}')
  .platforms(
    platform('amd64', { base: fromImage('${basesAt}/bases/wide:1') }),
    platform('arm', { variant: 'v7', base: fromImage('${basesAt}/bases/narrow:1') }),
  )
  .build({ context: 'app', fileModes: 'git' })
  .tags('1.0', 'latest')
run(app)
`
}

/** Digest that a name points to, asked without polyarch; undefined where there is no such name. */
export async function digestAt(url: string, repository: string, tag: string): Promise<string | undefined> {
  const accept = ['application/vnd.oci.image.index.v1+json', 'application/vnd.oci.image.manifest.v1+json']
  const response = await fetch(`${url}/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept: accept.join(', ') },
  })
  return response.headers.get('docker-content-digest') ?? undefined
}
