import { EngineError } from '../../model/errors.js'
import { builderSelector } from './builder-labels.js'
import type { BuilderObject } from './builder-objects.js'
import { type ClusterScope, getObjects, type KubectlCall, runKubectl, scopeArguments } from './kubectl.js'
import { type ObjectMetadata, readMetadata } from './objects.js'

/** The kinds of objects that builders consist of. */
const KINDS = 'deployments.apps,configmaps'

/** A change that `kubectl` reports. */
export interface ObjectChange {
  /** `deployment.apps`, as kubectl prints it. */
  readonly kind: string
  readonly name: string
  /** `created`, `configured`, `unchanged`, `deleted`. */
  readonly change: string
}

/** The objects that polyarch made for a builder. @throws ENGINE_UNREACHABLE */
export async function managedObjects(
  builder: string,
  scope: ClusterScope,
  call: KubectlCall,
): Promise<readonly ObjectMetadata[]> {
  const found = await getObjects([KINDS, `--selector=${builderSelector(builder)}`], scope, call)
  return found.flatMap((one) => readMetadata(one) ?? [])
}

/**
 * Applies the objects of a builder.
 *
 * @throws ENGINE_REJECTED if an object of that name exists that polyarch did not make for this builder; ENGINE_UNREACHABLE
 */
export async function applyObjects(
  objects: readonly BuilderObject[],
  scope: ClusterScope,
  call: KubectlCall,
): Promise<readonly ObjectChange[]> {
  const names = objects.map(({ kind, metadata }) => `${kind?.toLowerCase()}/${metadata.name}`)
  const existing = await getObjects([...names, '--ignore-not-found'], scope, call)
  for (const object of existing.flatMap((one) => readMetadata(one) ?? [])) requireManaged(object, objects)
  const input = objects.map((one) => JSON.stringify(one)).join('\n')
  const args = ['apply', ...scopeArguments(scope), '--filename=-']
  return readChanges(await runKubectl(args, 'create the builder', { ...call, input }))
}

/** Removes objects by name. @throws ENGINE_UNREACHABLE */
export async function deleteObjects(
  objects: readonly ObjectMetadata[],
  scope: ClusterScope,
  call: KubectlCall,
): Promise<readonly ObjectChange[]> {
  if (objects.length === 0) return []
  const names = objects.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`)
  const args = ['delete', ...scopeArguments(scope), '--ignore-not-found', ...names]
  await runKubectl(args, 'remove the builder', call)
  return objects.map(({ kind, name }) => ({
    kind: kind === 'Deployment' ? 'deployment.apps' : 'configmap',
    name,
    change: 'deleted',
  }))
}

/** Waits until all pods of the Deployments are ready. @throws ENGINE_UNREACHABLE if the cluster gives up */
export async function waitForPods(
  objects: readonly BuilderObject[],
  scope: ClusterScope,
  call: KubectlCall,
): Promise<void> {
  const deployments = objects.filter(({ kind }) => kind === 'Deployment')
  await Promise.all(
    deployments.map(({ metadata }) =>
      runKubectl(
        ['rollout', 'status', ...scopeArguments(scope), `deployment/${metadata.name}`],
        'start the builder',
        call,
      ),
    ),
  )
}

function requireManaged({ kind, name, labels }: ObjectMetadata, objects: readonly BuilderObject[]): void {
  const own = objects.find((one) => one.kind === kind && one.metadata.name === name)
  const expected = Object.entries(own?.metadata.labels ?? {})
  if (expected.every(([label, value]) => labels[label] === value)) return
  throw new EngineError(
    'ENGINE_REJECTED',
    `the ${kind} '${name}' exists, and was not created by polyarch for this builder`,
    { hint: 'choose another name for the builder, or delete the object with kubectl' },
  )
}

/** Lines such as `deployment.apps/fleet created`. */
function readChanges(text: string): readonly ObjectChange[] {
  return text.split('\n').flatMap((line) => {
    const [, kind, name, change] = /^([\w.-]+)\/(\S+) (\w+)/.exec(line) ?? []
    return kind && name && change ? [{ kind, name, change }] : []
  })
}
