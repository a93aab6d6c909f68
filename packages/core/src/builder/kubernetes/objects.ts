import { isJsonObject, itemsOf, textOf, textsOf } from '../../model/json-fields.js'

/** The pod selector of a Deployment or StatefulSet. */
export interface LabelSelector {
  readonly labels: readonly (readonly [key: string, value: string])[]
  readonly expressions: readonly {
    readonly key: string
    readonly operator: string
    readonly values: readonly string[]
  }[]
}

/** The part of a pod that is read. */
export interface Pod {
  readonly name: string
  readonly isReady: boolean
  readonly containers: readonly string[]
}

/** The part of an object that all kinds have. */
export interface ObjectMetadata {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** The part of a Deployment that is read. */
export interface DeploymentState {
  readonly replicas: number
  readonly readyReplicas: number
  readonly images: readonly string[]
}

/** The answer of `kubectl get`: a list, or one object that was requested by its name. */
export function readObjects(answer: unknown): readonly unknown[] {
  if (fieldOf(answer, 'kind') !== 'List') return [answer]
  return itemsOf(fieldOf(answer, 'items'))
}

/** Returns undefined for an object that selects no pods. */
export function readSelector(workload: unknown): LabelSelector | undefined {
  const selector = fieldOf(fieldOf(workload, 'spec'), 'selector')
  if (!isJsonObject(selector)) return undefined
  const { matchLabels, matchExpressions } = selector
  const labels = isJsonObject(matchLabels) ? Object.entries(matchLabels) : []
  return {
    labels: labels.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : [])),
    expressions: itemsOf(matchExpressions).map((one) => ({
      key: textOf(fieldOf(one, 'key')) ?? '',
      operator: textOf(fieldOf(one, 'operator')) ?? '',
      values: textsOf(fieldOf(one, 'values')),
    })),
  }
}

/** Returns undefined for an object without a name. */
export function readPod(pod: unknown): Pod | undefined {
  const metadata = fieldOf(pod, 'metadata')
  const name = textOf(fieldOf(metadata, 'name'))
  if (name === undefined) return undefined
  const conditions = itemsOf(fieldOf(fieldOf(pod, 'status'), 'conditions'))
  const isUp = conditions.some((one) => fieldOf(one, 'type') === 'Ready' && fieldOf(one, 'status') === 'True')
  const containers = itemsOf(fieldOf(fieldOf(pod, 'spec'), 'containers')).map((one) => fieldOf(one, 'name'))
  return {
    name,
    isReady: isUp && fieldOf(metadata, 'deletionTimestamp') === undefined,
    containers: textsOf(containers),
  }
}

/** Returns undefined for a value that is not an object of Kubernetes. */
export function readMetadata(object: unknown): ObjectMetadata | undefined {
  const metadata = fieldOf(object, 'metadata')
  const [kind, name] = [textOf(fieldOf(object, 'kind')), textOf(fieldOf(metadata, 'name'))]
  if (kind === undefined || name === undefined) return undefined
  const namespace = textOf(fieldOf(metadata, 'namespace'))
  return {
    kind,
    name,
    ...(namespace !== undefined && { namespace }),
    labels: textFields(fieldOf(metadata, 'labels')),
    annotations: textFields(fieldOf(metadata, 'annotations')),
  }
}

/** Numbers that are missing are 0, as Kubernetes omits them. */
export function readDeployment(deployment: unknown): DeploymentState {
  const numberOf = (value: unknown) => (typeof value === 'number' ? value : 0)
  const spec = fieldOf(deployment, 'spec')
  const containers = itemsOf(fieldOf(fieldOf(fieldOf(spec, 'template'), 'spec'), 'containers'))
  return {
    replicas: numberOf(fieldOf(spec, 'replicas')),
    readyReplicas: numberOf(fieldOf(fieldOf(deployment, 'status'), 'readyReplicas')),
    images: textsOf(containers.map((one) => fieldOf(one, 'image'))),
  }
}

function textFields(value: unknown): Readonly<Record<string, string>> {
  const entries = isJsonObject(value) ? Object.entries(value) : []
  return Object.fromEntries(
    entries.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text] as const] : [])),
  )
}

function fieldOf(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
