import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { busyboxImage } from '../../../../test/support/busybox-image.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { newerEngine } from '../../../../test/support/newer-engine.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tinyIndex } from '../../../../test/support/tiny-image.js'
import type { SyncDirectory, SyncEntry } from '../../src/builder/buildkit/session/files/file-sync.js'
import { memoryDirectory } from '../../src/builder/buildkit/session/files/memory-directory.js'
import { connectBuilder } from '../../src/builder/connect.js'
import type { BuilderOptions } from '../../src/builder/options.js'
import type { Builder, BuildRequest } from '../../src/builder/port.js'
import type { Digest } from '../../src/model/digest.js'
import { type ImageConfig, type ImageManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { type Platform, parsePlatform } from '../../src/model/platform.js'
import { parseReference, type Reference } from '../../src/model/reference.js'
import type { EngineEvent } from '../../src/model/run/events.js'

/** The reference that a text names. */
export function reference(text: string): Reference {
  const parsed = parseReference(text)
  if (parsed === undefined) throw new Error(`'${text}' is no reference`)
  return parsed
}

/** The platform that a text names. */
export function platform(text: string): Platform {
  const parsed = parsePlatform(text)
  if (parsed === undefined) throw new Error(`'${text}' is no platform`)
  return parsed
}

/** A name that no other test has, on a host. */
export function uniqueName(host = 'engine-test.example.com'): Reference {
  return reference(`${host}/engine-test/${randomUUID()}:1`)
}

/** A build of one Dockerfile with a context of files. */
export function buildOf(
  dockerfile: string,
  {
    files = {},
    secrets,
    ssh,
    ...request
  }: Partial<BuildRequest> &
    Pick<BuildRequest['inputs'], 'secrets' | 'ssh'> & {
      readonly files?: Readonly<Record<string, string | Buffer>>
    } = {},
): BuildRequest {
  const file = 'Dockerfile'
  return {
    platform: platform('linux/amd64'),
    inputs: {
      directories: { context: filesDirectory(files), dockerfile: memoryDirectory({ [file]: dockerfile }) },
      sharedKey: randomUUID(),
      ...(secrets && { secrets }),
      ...(ssh && { ssh }),
    },
    dockerfile: { name: file, text: dockerfile, file, pinnedFile: file },
    pins: [],
    destination: uniqueName(),
    mediaTypes: 'oci',
    network: 'none',
    ...request,
  }
}

/** Makes builds whose results go to a registry: a builder that pushes does so at once. */
export function buildFor(host: () => string): typeof buildOf {
  return (dockerfile, changes) => buildOf(dockerfile, { destination: uniqueName(host()), ...changes })
}

/** A directory of executable files by path, in directories of their own. */
function filesDirectory(files: Readonly<Record<string, string | Buffer>>): SyncDirectory {
  const entries = new Map<string, SyncEntry>()
  for (const [name, value] of Object.entries(files)) {
    const content = Buffer.from(value)
    const parts = name.split('/')
    for (let depth = 1; depth < parts.length; depth++) {
      const path = parts.slice(0, depth).join('/')
      entries.set(path, { kind: 'directory', path: Buffer.from(path), mode: 0o755, size: 0, modified: 0n })
    }
    entries.set(name, {
      kind: 'file',
      path: Buffer.from(name),
      mode: 0o755,
      size: content.byteLength,
      modified: 0n,
      async *open() {
        yield content
      },
    })
  }
  const sorted = [...entries].sort(([one], [other]) => comparePaths(one, other))
  return { list: async () => sorted.map(([, entry]) => entry) }
}

function comparePaths(one: string, other: string): number {
  const [first, second] = [one.replaceAll('/', '\0'), other.replaceAll('/', '\0')]
  return first < second ? -1 : first > second ? 1 : 0
}

/** Builds, and leaves nothing on the engine. @returns what happened. */
export async function buildOnce(builder: Builder, request: BuildRequest): Promise<readonly EngineEvent[]> {
  const events: EngineEvent[] = []
  await using _ = await builder.build(request, { onEvent: (event) => events.push(event) })
  return events
}

/** The engines that the tests of engines run on. */
export const ENGINES = [
  'the engine of this machine',
  'a newer engine with the containerd image store',
  'a newer engine with the classic image store',
] as const

/** Where the engine of that name listens; a newer one is started, and ends with the value. */
export async function engineHost(name: (typeof ENGINES)[number]): Promise<AsyncDisposable & { readonly host: string }> {
  if (name === 'the engine of this machine') {
    return { host: process.env['POLYARCH_INSTALLED_ENGINE'] ?? '', [Symbol.asyncDispose]: async () => {} }
  }
  const engine = await newerEngine({ imageStore: name.includes('classic') ? 'graphdriver' : 'containerd' })
  return { host: engine.address, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() }
}

/** The config of an image on a registry without a login. */
export async function fetchConfig(registryUrl: string, repository: string, digest: Digest): Promise<ImageConfig> {
  const accept = [MEDIA_TYPES.ociManifest, MEDIA_TYPES.dockerManifest].join(', ')
  const base = `${registryUrl}/v2/${repository}`
  const manifest = await fetch(`${base}/manifests/${digest}`, { headers: { accept } })
  const { config } = (await manifest.json()) as ImageManifest
  return (await (await fetch(`${base}/blobs/${config.digest}`)).json()) as ImageConfig
}

/** A base with this file is none that the engine has from earlier, for which it would ask no registry. */
export function unheardOf(): Record<string, string> {
  return { unheard: randomUUID() }
}

/** Puts a base with a shell, for amd64 and arm/v7, into a registry. @returns its index by digest, for a FROM. */
export async function pushBase(
  { host, url, login }: Pick<DebianRegistry, 'host' | 'url'> & Partial<Pick<DebianRegistry, 'login'>>,
  files: Record<string, string> = {},
): Promise<string> {
  const target = { url, repository: 'base', login }
  const platforms = ['linux/amd64', 'linux/arm/v7'].map((text) => platform(text))
  const images = await Promise.all(platforms.map((one) => busyboxImage({ platform: one, files })))
  for (const image of images) await pushTinyImage(target, image)
  const index = tinyIndex(images)
  await pushManifest(target, index)
  return `${host}/base@${index.descriptor.digest}`
}

/** Everything that was printed, as one text. */
export function printed(events: readonly EngineEvent[]): string {
  return events.map((event) => (event.kind === 'build-log' ? event.text : '')).join('')
}

/** An engine with the logins of these hosts, which records the requested ones. */
export function engineWithLogins(
  logins: Readonly<Record<string, { readonly username: string; readonly password: string } | undefined>>,
  options: Omit<BuilderOptions, 'credentials'> = {},
): { readonly engine: Builder; readonly asked: string[] } {
  const asked: string[] = []
  const credentials = {
    find: async (host: string) => {
      asked.push(host)
      const login = logins[host]
      return login && { kind: 'password' as const, ...login }
    },
  }
  return { engine: connectBuilder({ env: process.env, ...options, credentials }), asked }
}

/** What the tests of one engine share; there from `beforeAll` on. */
export interface EngineSetUp {
  readonly host: string
  readonly registry: DebianRegistry
  /** A base with a shell, by digest. */
  readonly base: string
}

/** Starts an engine, a registry and a base before the tests of a `describe`, and ends them after it. */
export function setUpEngine(name: (typeof ENGINES)[number]): EngineSetUp {
  const cleanup = new Cleanup()
  const place = {} as { -readonly [Key in keyof EngineSetUp]: EngineSetUp[Key] }
  beforeAll(async () => {
    place.host = cleanup.use(await engineHost(name)).host
    place.registry = cleanup.use(await startDebianRegistry())
    place.base = await pushBase(place.registry)
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())
  return place
}
