import type { BuilderDefinition } from '../../builder/kubernetes/builder-definition.js'
import { BUILDER_LABEL, builderSelector, PLATFORMS_ANNOTATION } from '../../builder/kubernetes/builder-labels.js'
import { builderObjects } from '../../builder/kubernetes/builder-objects.js'
import { getObjects, type KubectlCall } from '../../builder/kubernetes/kubectl.js'
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
import { EngineError } from '../../model/errors.js'

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

/**
 * Applies the objects of a builder, and removes those that an earlier definition of it made.
 *
 * @param address - `kubernetes://[CONTEXT/]NAMESPACE/NAME`
 * @throws ENGINE_UNREACHABLE; ENGINE_REJECTED for an object of the same name that polyarch did not make
 */
export async function createBuilder(
  address: string,
  definition: BuilderDefinition,
  { wait, ...call }: KubectlCall & { readonly wait: boolean },
): Promise<readonly ObjectChange[]> {
  const { workload: _name, ...scope } = parseWorkloadAddress(address)
  const objects = builderObjects(definition, scope.namespace)
  const before = await managedObjects(definition.name, scope, call)
  const applied = await applyObjects(objects, scope, call)
  const isKept = ({ kind, name }: (typeof before)[number]) =>
    objects.some((one) => one.kind === kind && one.metadata.name === name)
  const removed = await deleteObjects(
    before.filter((one) => !isKept(one)),
    scope,
    call,
  )
  if (wait) await waitForPods(objects, scope, call)
  return [...applied, ...removed]
}

/** The builders that polyarch made in a namespace. @param address - `kubernetes://[CONTEXT/]NAMESPACE` */
export async function listBuilders(address: string, call: KubectlCall): Promise<readonly KubernetesBuilder[]> {
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
export async function removeBuilder(address: string, call: KubectlCall): Promise<readonly ObjectChange[]> {
  const { workload, ...scope } = parseWorkloadAddress(address)
  const objects = await managedObjects(workload, scope, call)
  if (objects.length > 0) return deleteObjects(objects, scope, call)
  throw new EngineError('ENGINE_REJECTED', `${address} is not a builder that polyarch created`, {
    hint: "'npx tsx build.ts builder list' shows the builders that can be removed",
  })
}
