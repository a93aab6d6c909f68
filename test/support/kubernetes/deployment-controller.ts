import { createHash } from 'node:crypto'
import type { KubernetesObject, ObjectStore } from './object-store.js'

/** Paths of collections in the namespace of the cluster. */
export interface Collections {
  readonly deployments: string
  readonly pods: string
}

interface DeploymentSpec {
  readonly replicas?: number
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> }
    readonly spec: unknown
  }
}

/** Makes the pods of Deployments, which are ready at once, and removes those of previous templates. */
export function controlDeployments(store: ObjectStore, { deployments, pods }: Collections): void {
  store.observe((collection, { type, object }) => {
    if (collection !== deployments) return
    const { name, generation } = object.metadata
    const isOver = type === 'DELETED'
    const wanted = isOver ? [] : podsOf(object)
    const names = wanted.map(({ metadata }) => metadata.name)
    const existing = store
      .list(pods)
      .filter(({ metadata }) => metadata.name.startsWith(`${name}-`) && isOwned(metadata))
    for (const pod of existing) if (!names.includes(pod.metadata.name)) store.remove(pods, pod.metadata.name)
    for (const pod of wanted) if (store.get(pods, pod.metadata.name) === undefined) store.put(pods, pod)
    if (isOver || observedGeneration(object) === generation) return
    const count = wanted.length
    const counts = { replicas: count, updatedReplicas: count, readyReplicas: count, availableReplicas: count }
    store.put(deployments, { ...object, status: { observedGeneration: generation, ...counts } })
  })

  function isOwned({ annotations }: KubernetesObject['metadata']): boolean {
    return annotations?.['test/controlled'] === 'true'
  }
}

function observedGeneration({ status }: KubernetesObject): number | undefined {
  return (status as { observedGeneration?: number } | undefined)?.observedGeneration
}

function podsOf({ metadata, spec }: KubernetesObject): readonly KubernetesObject[] {
  const { replicas = 1, template } = spec as DeploymentSpec
  const hash = createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 8)
  return Array.from({ length: replicas }, (_, at) => ({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: `${metadata.name}-${hash}-${at}`,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      labels: template.metadata.labels,
      annotations: { 'test/controlled': 'true' },
    },
    spec: template.spec,
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }))
}
