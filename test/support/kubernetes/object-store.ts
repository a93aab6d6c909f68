import { randomUUID } from 'node:crypto'
import { isSelected } from './label-selector.js'

/** An object of Kubernetes, as far as a server reads it. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly uid?: string
    readonly resourceVersion?: string
    readonly generation?: number
    readonly deletionTimestamp?: string
  }
  readonly spec?: unknown
  readonly status?: unknown
}

/** A change of an object, as watches report it. */
export interface ObjectChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubernetesObject
}

/** Objects that a request selects. */
export interface Selection {
  /** `key=value,key in (a,b)` */
  readonly labels: string
  /** By `metadata.name`; all where it is undefined. */
  readonly name: string | undefined
}

type Listener = (collection: string, change: ObjectChange) => void

/** The objects of a cluster, by the path of their collection: `/api/v1/namespaces/builds/pods`. */
export class ObjectStore {
  readonly #objects = new Map<string, Map<string, KubernetesObject>>()
  readonly #listeners = new Set<Listener>()
  #version = 0

  get version(): string {
    return String(this.#version)
  }

  list(collection: string, selection: Selection = { labels: '', name: undefined }): readonly KubernetesObject[] {
    return [...(this.#objects.get(collection)?.values() ?? [])].filter((one) => matches(one, selection))
  }

  get(collection: string, name: string): KubernetesObject | undefined {
    return this.#objects.get(collection)?.get(name)
  }

  /** Creates or replaces an object. A change of its spec is a new generation. */
  put(collection: string, object: KubernetesObject): KubernetesObject {
    const { name } = object.metadata
    const before = this.get(collection, name)
    const isSame = before !== undefined && JSON.stringify(before.spec) === JSON.stringify(object.spec)
    const generation = (before?.metadata.generation ?? 0) + (isSame ? 0 : 1)
    this.#version++
    const uid = before?.metadata.uid ?? randomUUID()
    const stored = { ...object, metadata: { ...object.metadata, uid, generation, resourceVersion: this.version } }
    const all = this.#objects.get(collection) ?? new Map<string, KubernetesObject>()
    this.#objects.set(collection, all.set(name, stored))
    this.#report(collection, { type: before === undefined ? 'ADDED' : 'MODIFIED', object: stored })
    return stored
  }

  remove(collection: string, name: string): KubernetesObject | undefined {
    const object = this.get(collection, name)
    if (object === undefined) return undefined
    this.#version++
    this.#objects.get(collection)?.delete(name)
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: this.version } }
    this.#report(collection, { type: 'DELETED', object: last })
    return last
  }

  /** Calls the listener with every change, until the result is called. */
  observe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #report(collection: string, change: ObjectChange): void {
    for (const listener of [...this.#listeners]) listener(collection, change)
  }
}

export function matches({ metadata }: KubernetesObject, { labels, name }: Selection): boolean {
  return (name === undefined || metadata.name === name) && isSelected(metadata.labels ?? {}, labels)
}
