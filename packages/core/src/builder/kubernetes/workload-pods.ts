import { EngineError } from '../../model/errors.js'
import type { Environment } from '../options.js'
import { getObjects } from './kubectl.js'
import { formatPodAddress, parseWorkloadAddress } from './pod-address.js'

/** The container of buildkitd in the pods that buildx makes. */
const BUILDKIT_CONTAINER = 'buildkitd'

/** The part of a Deployment or StatefulSet that is read. */
interface Workload {
  readonly spec?: { readonly selector?: LabelSelector }
}

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

/** The part of a pod that is read. */
interface Pod {
  readonly metadata?: { readonly name?: string; readonly deletionTimestamp?: string }
  readonly spec?: { readonly containers?: readonly { readonly name?: string }[] }
  readonly status?: { readonly conditions?: readonly { readonly type?: string; readonly status?: string }[] }
}

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
  const [found] = (await getObjects(names, scope, call)) as readonly Workload[]
  if (found === undefined) {
    throw new EngineError('ENGINE_UNREACHABLE', `${address} is neither a Deployment nor a StatefulSet`, {
      hint: `Check its name and namespace with 'kubectl get deployments,statefulsets --all-namespaces'.`,
    })
  }
  const selector = formatSelector(found.spec?.selector ?? {})
  const pods = (await getObjects(['pods', `--selector=${selector}`], scope, call)) as readonly Pod[]
  const ready = pods.filter(isReady).flatMap((pod) => {
    const { name } = pod.metadata ?? {}
    return name === undefined ? [] : [{ pod: name, container: container ?? buildKitContainer(pod), ...scope }]
  })
  if (ready.length === 0) {
    throw new EngineError('ENGINE_UNREACHABLE', `none of the ${pods.length} pods of ${address} is ready`, {
      hint: `See 'kubectl describe pods --selector=${selector}' for the reason, or raise the number of replicas.`,
    })
  }
  return ready.toSorted((one, other) => (one.pod < other.pod ? -1 : 1)).map(formatPodAddress)
}

function isReady({ metadata, status }: Pod): boolean {
  const isUp = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true
  return isUp && metadata?.deletionTimestamp === undefined
}

function buildKitContainer({ spec }: Pod): string | undefined {
  return spec?.containers?.some(({ name }) => name === BUILDKIT_CONTAINER) ? BUILDKIT_CONTAINER : undefined
}

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
function formatSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`)
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'NotIn' ? 'notin' : 'in'} (${values.join(',')})`
  })
  return [...labels, ...expressions].join(',')
}
