import type { Environment } from '../../host/environment.js'
import { EngineError } from '../../model/errors.js'
import { getObjects } from './kubectl.js'
import { type LabelSelector, type Pod, readPod, readSelector } from './objects.js'
import { formatPodAddress, parseWorkloadAddress } from './pod-address.js'

/** The container of buildkitd in the pods that buildx makes. */
const BUILDKIT_CONTAINER = 'buildkitd'

/**
 * The addresses of the pods of a Deployment or StatefulSet that are ready, in the order of their names.
 *
 * @throws ENGINE_UNREACHABLE also if there is none
 */
export async function readyPods(
  address: string,
  call: { readonly env: Environment; readonly signal?: AbortSignal | undefined },
): Promise<readonly string[]> {
  const { workload, container, ...scope } = parseWorkloadAddress(address)
  const names = [`deployment/${workload}`, `statefulset/${workload}`, '--ignore-not-found']
  const [found] = await getObjects(names, scope, call)
  if (found === undefined) {
    throw new EngineError('ENGINE_UNREACHABLE', `${address} is neither a Deployment nor a StatefulSet`, {
      hint: `check its name and namespace with 'kubectl get deployments,statefulsets --all-namespaces'`,
    })
  }
  const selector = formatSelector(readSelector(found))
  if (selector === '') {
    // kubectl takes an empty selector for all pods of the namespace.
    throw new EngineError('ENGINE_UNREACHABLE', `${address} has no pod selector`)
  }
  const pods = (await getObjects(['pods', `--selector=${selector}`], scope, call)).flatMap((pod) => readPod(pod) ?? [])
  const ready = pods
    .filter(({ isReady }) => isReady)
    .map((pod) => ({ pod: pod.name, container: container ?? buildKitContainer(pod), ...scope }))
  if (ready.length === 0) {
    throw new EngineError('ENGINE_UNREACHABLE', `none of the ${pods.length} pods of ${address} is ready`, {
      hint: `run 'kubectl describe pods --selector=${selector}' for the reason, or increase the number of replicas`,
    })
  }
  return ready.toSorted((one, other) => (one.pod < other.pod ? -1 : 1)).map(formatPodAddress)
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
