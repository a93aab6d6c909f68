import { EngineError } from '../../model/errors.js'
import { type ClusterScope, scopeArguments } from './kubectl.js'

/** A pod with a buildkitd. */
export interface PodAddress extends ClusterScope {
  readonly pod: string
  /** By default the one that `kubectl exec` chooses. */
  readonly container?: string | undefined
}

/** A Deployment or StatefulSet whose pods have a buildkitd each. */
export interface WorkloadAddress extends ClusterScope {
  readonly workload: string
  readonly container?: string | undefined
}

/** Names of objects of Kubernetes. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/

const PARAMETERS: ReadonlySet<string> = new Set(['context', 'namespace', 'container', 'kubeconfig'])

const POD_FORM = 'kube-pod://POD?namespace=NAMESPACE&context=CONTEXT&container=CONTAINER'
const WORKLOAD_FORM = 'kubernetes://[CONTEXT/]NAMESPACE/DEPLOYMENT'
const NAMESPACE_FORM = 'kubernetes://[CONTEXT/]NAMESPACE'

export function isWorkloadAddress(address: string): boolean {
  return address.startsWith('kubernetes://')
}

export function isPodAddress(address: string): boolean {
  return address.startsWith('kube-pod://')
}

/** Reads `kube-pod://POD?namespace=&context=&container=&kubeconfig=`. @throws ENGINE_UNREACHABLE */
export function parsePodAddress(address: string): PodAddress {
  const { parts, parameters } = splitAddress(address, POD_FORM)
  const [pod = '', ...more] = parts
  if (!NAME.test(pod) || more.length > 0) throw malformed(address, POD_FORM)
  return { pod, ...parameters }
}

/**
 * Reads `kubernetes://[CONTEXT/]NAMESPACE/DEPLOYMENT`. An empty namespace is that of the context.
 *
 * @throws ENGINE_UNREACHABLE
 */
export function parseWorkloadAddress(address: string): WorkloadAddress {
  const { parts, parameters } = splitAddress(address, WORKLOAD_FORM)
  const [workload = '', namespace = '', context, ...more] = parts.toReversed()
  const isNamed = NAME.test(workload) && (namespace === '' || NAME.test(namespace)) && context !== ''
  if (!isNamed || parts.length < 2 || more.length > 0) throw malformed(address, WORKLOAD_FORM)
  return { ...parameters, workload, ...(namespace !== '' && { namespace }), ...(context !== undefined && { context }) }
}

/** The address of a workload, as {@link parseWorkloadAddress} reads it. */
export function formatWorkloadAddress({ workload, namespace = '', context, ...rest }: WorkloadAddress): string {
  const prefix = context === undefined ? '' : `${encodeURIComponent(context)}/`
  return `kubernetes://${prefix}${namespace}/${workload}${formatParameters(rest)}`
}

/** Reads `kubernetes://[CONTEXT/]NAMESPACE`, where workloads are. @throws ENGINE_UNREACHABLE */
export function parseNamespaceAddress(address: string): ClusterScope {
  const { parts, parameters } = splitAddress(address, NAMESPACE_FORM)
  const [namespace = '', context, ...more] = parts.toReversed()
  const isNamed = (namespace === '' || NAME.test(namespace)) && context !== '' && more.length === 0
  if (!isNamed || !isWorkloadAddress(address)) throw malformed(address, NAMESPACE_FORM)
  return { ...parameters, ...(namespace !== '' && { namespace }), ...(context !== undefined && { context }) }
}

/** The address of a pod, as {@link parsePodAddress} reads it. */
export function formatPodAddress({ pod, ...rest }: PodAddress): string {
  return `kube-pod://${pod}${formatParameters(rest)}`
}

function formatParameters(values: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) parameters.set(name, value)
  return parameters.size > 0 ? `?${parameters}` : ''
}

/** The arguments of `kubectl` that run a command in the pod, with its standard streams. */
export function execArguments({ pod, container, ...scope }: PodAddress, command: readonly string[]): readonly string[] {
  const of = container === undefined ? [] : [`--container=${container}`]
  return ['exec', ...scopeArguments(scope), '--stdin', ...of, pod, '--', ...command]
}

/** The parts of a path, and what follows the question mark: of each name one value that is not empty. */
function splitAddress(address: string, form: string) {
  const [, path = '', query = ''] = /^[\w-]+:\/\/([^?#]*)(?:\?([^#]*))?$/.exec(address) ?? []
  const entries = [...new URLSearchParams(query)]
  if (entries.some(([name]) => !PARAMETERS.has(name))) throw malformed(address, form)
  const parameters: Omit<PodAddress, 'pod'> = Object.fromEntries(entries.filter(([, value]) => value !== ''))
  try {
    return { parts: path.split('/').map(decodeURIComponent), parameters }
  } catch {
    throw malformed(address, form)
  }
}

function malformed(address: string, form: string): EngineError {
  const hint = `write ${form}; escape a '/' in the name of a context as %2F`
  return new EngineError('ENGINE_UNREACHABLE', `Kubernetes builder address '${address}' is not valid`, { hint })
}
