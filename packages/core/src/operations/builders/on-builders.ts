import type { ObjectChange } from '../../builder/kubernetes/managed-objects.js'
import { readEnvironment } from '../run-environment.js'
import type { BuilderCallOptions, BuilderManifestOptions, CreateBuilderOptions } from './builder-options.js'
import type { BuilderManifest, KubernetesBuilder } from './kubernetes-builders.js'

// The operations on builders are loaded by the first call, like those on pipelines.

/**
 * Creates a builder on Kubernetes: applies a Deployment of buildkitd per platform set, by `kubectl`. Called again, it
 * applies what has changed, and removes what the new definition does not have.
 *
 * @param address - `kubernetes://[CONTEXT/]NAMESPACE/NAME`, which is also the address for `builders` of a run
 * @returns what was created, configured, left unchanged or deleted.
 * @throws DefinitionError DEFINITION_INVALID, USAGE; EngineError ENGINE_UNREACHABLE; ENGINE_REJECTED for an object of the
 * same name that polyarch did not make; CancelledError
 * @example
 * ```ts
 * await createBuilder('kubernetes://ci/fleet', { platformSets: [{ platforms: ['linux/arm64'], replicas: 2 }], wait: true })
 * ```
 */
export async function createBuilder(
  address: string,
  options: CreateBuilderOptions = {},
): Promise<readonly ObjectChange[]> {
  return (await import('./kubernetes-builders.js')).createBuilder(address, options, readEnvironment())
}

/**
 * Returns the objects that {@link createBuilder} applies. Contacts no cluster.
 *
 * @throws DefinitionError DEFINITION_INVALID, USAGE; EngineError ENGINE_UNREACHABLE for an address that is not valid
 * @example
 * ```ts
 * const manifests = await builderManifests('kubernetes://ci/fleet', { replicas: 2 })
 * ```
 */
export async function builderManifests(
  address: string,
  options: BuilderManifestOptions = {},
): Promise<readonly BuilderManifest[]> {
  return (await import('./kubernetes-builders.js')).builderManifests(address, options)
}

/**
 * Lists the builders that polyarch created in a namespace.
 *
 * @param address - `kubernetes://[CONTEXT/]NAMESPACE`; by default the namespace of kubectl's context
 * @throws DefinitionError USAGE; EngineError ENGINE_UNREACHABLE; CancelledError
 * @example
 * ```ts
 * for (const { address, deployments } of await listBuilders('kubernetes://ci')) console.log(address, deployments)
 * ```
 */
export async function listBuilders(
  address = 'kubernetes://',
  options: BuilderCallOptions = {},
): Promise<readonly KubernetesBuilder[]> {
  return (await import('./kubernetes-builders.js')).listBuilders(address, options, readEnvironment())
}

/**
 * Removes a builder that polyarch created, with its pods and their caches.
 *
 * @param address - `kubernetes://[CONTEXT/]NAMESPACE/NAME`
 * @returns what was deleted.
 * @throws DefinitionError USAGE; EngineError ENGINE_REJECTED if polyarch created no such builder; ENGINE_UNREACHABLE;
 * CancelledError
 * @example
 * ```ts
 * await removeBuilder('kubernetes://ci/fleet')
 * ```
 */
export async function removeBuilder(
  address: string,
  options: BuilderCallOptions = {},
): Promise<readonly ObjectChange[]> {
  return (await import('./kubernetes-builders.js')).removeBuilder(address, options, readEnvironment())
}
