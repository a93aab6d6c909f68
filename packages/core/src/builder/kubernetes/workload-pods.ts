import { EngineError } from '../../model/errors.js'
import { builderSelector } from './builder-labels.js'
import { type ClusterScope, getObjects, type KubectlCall } from './kubectl.js'
import { type LabelSelector, type Pod, readPod, readSelector } from './objects.js'
import { formatPodAddress, parseWorkloadAddress } from './pod-address.js'

/** The container of buildkitd in the pods of buildx and polyarch. */
export const BUILDKIT_CONTAINER = 'buildkitd'

/**
 * The addresses of the pods of a builder that are ready, in the order of their names.
 *
 * @throws ENGINE_UNREACHABLE also if there is none
 */
export async function readyPods(address: string, call: KubectlCall): Promise<readonly string[]> {
  const selector = await podSelector(address, call)
  const { workload: _name, container, ...scope } = parseWorkloadAddress(address)
  const pods = (await getObjects(['pods', `--selector=${selector}`], scope, call)).flatMap((pod) => readPod(pod) ?? [])
  const ready = pods.filter(({ isReady }) => isReady).toSorted((one, other) => (one.name < other.name ? -1 : 1))
  if (ready.length === 0) {
    throw new EngineError('ENGINE_UNREACHABLE', `none of the ${pods.length} pods of ${address} is ready`, {
      hint: `run 'kubectl describe pods --selector=${selector}' for the reason, or increase the number of replicas`,
    })
  }
  return ready.map((pod) => podAddress(pod, container, scope))
}

/** The address of the builder in a pod. */
export function podAddress(pod: Pod, container: string | undefined, scope: ClusterScope): string {
  return formatPodAddress({ pod: pod.name, container: container ?? buildKitContainer(pod), ...scope })
}

/**
 * The selector of the pods of a Deployment, of a StatefulSet, or of all Deployments that `builder create` made under one
 * name.
 *
 * @throws ENGINE_UNREACHABLE
 */
export async function podSelector(address: string, call: KubectlCall): Promise<string> {
  const { workload, container: _name, ...scope } = parseWorkloadAddress(address)
  const names = [`deployment/${workload}`, `statefulset/${workload}`, '--ignore-not-found']
  const [found] = await getObjects(names, scope, call)
  if (found !== undefined) {
    const selector = formatSelector(readSelector(found))
    // kubectl treats an empty selector as all pods of the namespace.
    if (selector === '') throw new EngineError('ENGINE_UNREACHABLE', `${address} has no pod selector`)
    return selector
  }
  const selector = builderSelector(workload)
  const made = await getObjects(['deployments.apps', `--selector=${selector}`], scope, call)
  if (made.length > 0) return selector
  throw new EngineError('ENGINE_UNREACHABLE', `${address} is neither a Deployment nor a StatefulSet`, {
    hint: `check its name and namespace with 'kubectl get deployments,statefulsets --all-namespaces'`,
  })
}

function buildKitContainer({ containers }: Pod): string | undefined {
  return containers.includes(BUILDKIT_CONTAINER) ? BUILDKIT_CONTAINER : undefined
}

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
function formatSelector({ labels, expressions }: LabelSelector = { labels: [], expressions: [] }): string {
  const conditions = expressions.map(({ key, operator, values }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'NotIn' ? 'notin' : 'in'} (${values.join(',')})`
  })
  return [...labels.map(([key, value]) => `${key}=${value}`), ...conditions].join(',')
}
