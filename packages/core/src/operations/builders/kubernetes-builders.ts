import { BUILDER_LABEL, builderSelector, PLATFORMS_ANNOTATION } from '../../builder/kubernetes/builder-labels.js'
import { builderObjects } from '../../builder/kubernetes/builder-objects.js'
import { getObjects } from '../../builder/kubernetes/kubectl.js'
import {
  applyObjects,
  deleteObjects,
  managedObjects,
  type ObjectChange,
  waitForPods,
} from '../../builder/kubernetes/managed-objects.js'
import { readDeployment, readMetadata } from '../../builder/kubernetes/objects.js'
import {
  formatWorkloadAddress,
  parseNamespaceAddress,
  parseWorkloadAddress,
} from '../../builder/kubernetes/pod-address.js'
import type { Environment } from '../../host/environment.js'
import { EngineError } from '../../model/errors.js'
import { checkOptions } from '../option-names.js'
import {
  BUILDER_CALL_OPTIONS,
  BUILDER_MANIFEST_OPTIONS,
  type BuilderCallOptions,
  type BuilderManifestOptions,
  CREATE_BUILDER_OPTIONS,
  type CreateBuilderOptions,
} from './builder-options.js'
import { readBuilderDefinition } from './builder-reading.js'

/** A Deployment of a builder. */
export interface BuilderDeployment {
  readonly name: string
  readonly platforms: readonly string[]
  readonly replicas: number
  readonly readyReplicas: number
  readonly image: string
}

/** A builder that polyarch made on Kubernetes. */
export interface KubernetesBuilder {
  /** The value of `--builder` for it. */
  readonly address: string
  readonly deployments: readonly BuilderDeployment[]
}

/** An object of a builder, as `kubectl apply` reads it. */
export interface BuilderManifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly [field: string]: unknown
}

/** The objects of a builder. @throws DefinitionError DEFINITION_INVALID, USAGE */
export function builderManifests(address: string, options: BuilderManifestOptions): readonly BuilderManifest[] {
  checkOptions('builderManifests', options, BUILDER_MANIFEST_OPTIONS)
  const { workload, namespace } = parseWorkloadAddress(address)
  return builderObjects(readBuilderDefinition(workload, options), namespace) as readonly BuilderManifest[]
}

/** Applies the objects of a builder, and removes those that an earlier definition of it made. */
export async function createBuilder(
  address: string,
  options: CreateBuilderOptions,
  env: Environment,
): Promise<readonly ObjectChange[]> {
  checkOptions('createBuilder', options, CREATE_BUILDER_OPTIONS)
  const { workload, ...scope } = parseWorkloadAddress(address)
  const call = { env, signal: options.signal }
  const definition = readBuilderDefinition(workload, options)
  const objects = builderObjects(definition, scope.namespace)
  const before = await managedObjects(workload, scope, call)
  const applied = await applyObjects(objects, scope, call)
  const isKept = ({ kind, name }: (typeof before)[number]) =>
    objects.some((one) => one.kind === kind && one.metadata.name === name)
  const removed = await deleteObjects(
    before.filter((one) => !isKept(one)),
    scope,
    call,
  )
  if (options.wait) await waitForPods(objects, scope, call)
  return [...applied, ...removed]
}

/** The builders that polyarch made in a namespace. @param address - `kubernetes://[CONTEXT/]NAMESPACE` */
export async function listBuilders(
  address: string,
  options: BuilderCallOptions,
  env: Environment,
): Promise<readonly KubernetesBuilder[]> {
  checkOptions('listBuilders', options, BUILDER_CALL_OPTIONS)
  const call = { env, signal: options.signal }
  const scope = parseNamespaceAddress(address)
  const found = await getObjects(['deployments.apps', `--selector=${builderSelector()}`], scope, call)
  const builders = new Map<string, BuilderDeployment[]>()
  for (const object of found) {
    const metadata = readMetadata(object)
    const builder = metadata?.labels[BUILDER_LABEL]
    if (metadata === undefined || builder === undefined) continue
    const { images, ...counts } = readDeployment(object)
    const platforms = metadata.annotations[PLATFORMS_ANNOTATION]?.split(',') ?? []
    const one = { name: metadata.name, platforms, ...counts, image: images[0] ?? '' }
    builders.set(builder, [...(builders.get(builder) ?? []), one])
  }
  return [...builders].map(([workload, deployments]) => ({
    address: formatWorkloadAddress({ ...scope, workload }),
    deployments,
  }))
}

/** Removes what polyarch made for a builder. @throws ENGINE_REJECTED if that is nothing; ENGINE_UNREACHABLE */
export async function removeBuilder(
  address: string,
  options: BuilderCallOptions,
  env: Environment,
): Promise<readonly ObjectChange[]> {
  checkOptions('removeBuilder', options, BUILDER_CALL_OPTIONS)
  const call = { env, signal: options.signal }
  const { workload, ...scope } = parseWorkloadAddress(address)
  const objects = await managedObjects(workload, scope, call)
  if (objects.length > 0) return deleteObjects(objects, scope, call)
  throw new EngineError('ENGINE_REJECTED', `${address} is not a builder that polyarch created`, {
    hint: "'npx tsx build.ts builder list' shows the builders that can be removed",
  })
}
