import { BASE_ARG } from '../dockerfile/stage-links.js'
import { EngineError } from '../model/errors.js'
import type { Reference } from '../model/reference.js'
import type { CredentialStore } from '../registry/port.js'
import type { BuildSource } from './buildkit/build-sources.js'
import type {
  Builder,
  BuilderCall,
  BuilderInfo,
  BuildRequest,
  BuiltImage,
  DescribeCall,
  ImageStore,
  RegistryAlias,
} from './port.js'

/** A builder that uses another name for the registry. Everything that leaves this process has that name. */
export function withRegistryAlias(builder: Builder, alias: RegistryAlias): Builder {
  const { images } = builder
  return {
    name: builder.name,
    registryAlias: alias,
    describe: (call) => describe(builder, call),
    build: (request, call) => build(builder, request, alias, call),
    run: (request, call) => builder.run({ ...request, image: toBuilder(request.image, alias) }, call),
    pastBuilds: async (call) => {
      const past = (await builder.pastBuilds?.(call)) ?? []
      return new Map([...past].map(([key, time]) => [renamed(key, alias.builderHost, alias.host), time]))
    },
    inspect: (call) => builder.inspect(call),
    requireRegistry: (reference, call) => builder.requireRegistry(toBuilder(reference, alias), call),
    ...(images && { images: aliasedImages(images, alias) }),
    [Symbol.asyncDispose]: () => builder[Symbol.asyncDispose](),
  }
}

/** Looks up the login for the builders' name of the registry under the client's name, unless it has one of its own. */
export function withAliasLogin(credentials: CredentialStore, { host, builderHost }: RegistryAlias): CredentialStore {
  return {
    async find(name, ...rest) {
      const found = await credentials.find(name, ...rest)
      return found ?? (name === builderHost ? credentials.find(host, ...rest) : undefined)
    },
  }
}

/** BuildKit before 0.11 gets a Dockerfile with the images in place, whose text is not rewritten. */
async function describe(builder: Builder, call: DescribeCall | undefined): Promise<BuilderInfo> {
  const info = await builder.describe(call)
  if (info.features.sourcePolicy) return info
  const message = `the builder at ${info.address}, version ${info.version}, does not support a registry name of its own`
  throw new EngineError('ENGINE_UNSUPPORTED', message, {
    hint: 'use BuildKit 0.11 or Docker Engine 24 or newer, or omit --builder-registry',
  })
}

async function build(
  builder: Builder,
  request: BuildRequest,
  alias: RegistryAlias,
  call: BuilderCall | undefined,
): Promise<BuiltImage> {
  const built = await builder.build(aliasedRequest(request, alias), call)
  return {
    sources: built.sources.map((source) => fromBuilder(source, alias)),
    push: (own) => built.push(own),
    [Symbol.asyncDispose]: () => built[Symbol.asyncDispose](),
  }
}

function aliasedRequest(request: BuildRequest, alias: RegistryAlias): BuildRequest {
  const { args = {}, contexts = {}, cacheFrom = [], cacheTo = [] } = request
  const base = args[BASE_ARG]
  const rename = (text: string) => renamed(text, alias.host, alias.builderHost)
  const renameRef = ({ type, attributes }: (typeof cacheFrom)[number]) => {
    const { ref } = attributes
    return { type, attributes: { ...attributes, ...(ref !== undefined && { ref: rename(ref) }) } }
  }
  return {
    ...request,
    destination: toBuilder(request.destination, alias),
    pins: request.pins.map(({ name, pinned }) => ({ name, pinned: rename(pinned) })),
    args: { ...args, ...(base !== undefined && { [BASE_ARG]: rename(base) }) },
    contexts: Object.fromEntries(Object.entries(contexts).map(([name, source]) => [name, rename(source)])),
    cacheFrom: cacheFrom.map(renameRef),
    cacheTo: cacheTo.map(renameRef),
  }
}

/** A name is followed by a path, and may be preceded by the scheme of a context. */
function renamed(text: string, from: string, to: string): string {
  const [scheme = ''] = /^docker-image:\/\//.exec(text) ?? []
  const name = text.slice(scheme.length)
  return name.startsWith(`${from}/`) ? `${scheme}${to}${name.slice(from.length)}` : text
}

function toBuilder(reference: Reference, { host, builderHost }: RegistryAlias): Reference {
  return reference.registry === host ? { ...reference, registry: builderHost } : reference
}

function fromBuilder(source: BuildSource, { host, builderHost }: RegistryAlias): BuildSource {
  return source.kind === 'image' ? { ...source, name: renamed(source.name, builderHost, host) } : source
}

function aliasedImages(images: ImageStore, alias: RegistryAlias): ImageStore {
  return {
    pull: (reference, platform, call) => images.pull(toBuilder(reference, alias), platform, call),
    tag: (source, target, call) => images.tag(toBuilder(source, alias), target, call),
    untag: (reference, call) => images.untag(toBuilder(reference, alias), call),
  }
}
