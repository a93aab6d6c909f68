import type { RegistryOptions } from './options.js'
import { checkOptions } from './options-check.js'
import type { Registry } from './port.js'

/**
 * Creates a client for all registries. It connects with the first call, and must be disposed of.
 *
 * @throws DefinitionError DEFINITION_INVALID if an option is invalid, such as a host with a scheme or a number below 1.
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md
 * @example
 * ```ts
 * await using registry = createRegistry({ credentials: dockerConfigCredentials() })
 * const findings = await checkPublished(alpine(), cases, { registry })
 * ```
 */
export function createRegistry(options: RegistryOptions = {}): Registry {
  checkOptions(options)
  let opened: Promise<Registry> | undefined
  const open = () => {
    // Most programs that import the core only define pipelines, so the client is loaded by the first call.
    opened ??= import('./http-registry.js').then(({ openHttpRegistry }) => openHttpRegistry(options))
    return opened
  }
  return {
    resolve: async (...given) => (await open()).resolve(...given),
    getManifest: async (...given) => (await open()).getManifest(...given),
    putManifest: async (...given) => (await open()).putManifest(...given),
    deleteManifest: async (...given) => (await open()).deleteManifest(...given),
    hasBlob: async (...given) => (await open()).hasBlob(...given),
    readBlob: async (...given) => (await open()).readBlob(...given),
    writeBlob: async (...given) => (await open()).writeBlob(...given),
    copyBlob: async (...given) => (await open()).copyBlob(...given),
    listReferrers: async (...given) => (await open()).listReferrers(...given),
    listTags: async (...given) => (await open()).listTags(...given),
    [Symbol.asyncDispose]: async () => (await opened)?.[Symbol.asyncDispose](),
  }
}
