import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { WebSocketServer } from 'ws'
import { sidProgramPath } from '../../../scripts/setup/sid-programs.mjs'
import { Cleanup } from '../cleanup.js'
import { tempFolder } from '../temp-folder.js'
import { serveApi } from './api.js'
import { controlDeployments } from './deployment-controller.js'
import { type KubernetesObject, ObjectStore } from './object-store.js'
import { connectSpdy, connectWebSocket, spawnInPod } from './pod-exec.js'

/** A pod whose containers are processes of this machine. */
export interface TestPod {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly containers?: readonly string[]
  readonly isReady?: boolean
  readonly isEnding?: boolean
  /** The folder of its programs. */
  readonly path?: string
}

/** A Deployment or StatefulSet, by the selector of its pods. */
export interface TestWorkload {
  readonly kind: 'Deployment' | 'StatefulSet'
  readonly name: string
  readonly selector: unknown
}

/** Initial state of a cluster. */
export interface ClusterOptions {
  readonly workloads?: readonly TestWorkload[]
  readonly pods?: readonly TestPod[]
  /** Makes the pods of Deployments, with the programs in this folder. */
  readonly podPath?: string
}

/** A namespace of a cluster, served as real `kubectl` needs it. */
export interface TestCluster extends AsyncDisposable {
  /** The environment in which `kubectl` is Debian's, with a configuration for this cluster. */
  readonly env: NodeJS.ProcessEnv
  readonly kubeconfig: string
  /** Path and query of each request, in order. */
  readonly requests: readonly string[]
  /** The objects of a kind, such as `deployments`. */
  objects(resource: Resource): readonly KubernetesObject[]
  /** Creates or replaces a pod. */
  setPod(pod: TestPod): void
  /** Ends all watches, as API servers do after some time. */
  endWatches(): void
  /** Removes a pod and ends its processes. */
  removePod(name: string): void
}

/** The context in the configuration. */
export const CONTEXT = 'test/cluster'
export const NAMESPACE = 'builds'

const COLLECTIONS = {
  pods: `/api/v1/namespaces/${NAMESPACE}/pods`,
  configmaps: `/api/v1/namespaces/${NAMESPACE}/configmaps`,
  deployments: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
  statefulsets: `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets`,
} as const

/** The plural name of a kind. */
export type Resource = keyof typeof COLLECTIONS

/** Starts the server. */
export async function startKubernetes({ workloads = [], pods = [], podPath }: ClusterOptions): Promise<TestCluster> {
  await using cleanup = new Cleanup()
  const requests: string[] = []
  const store = new ObjectStore()
  if (podPath !== undefined) controlDeployments(store, COLLECTIONS)
  for (const one of workloads) store.put(COLLECTIONS[`${lowerCase(one.kind)}s`], workloadObject(one))
  const paths = new Map<string, string>()
  const setPod = (pod: TestPod) => {
    if (pod.path !== undefined) paths.set(pod.name, pod.path)
    store.put(COLLECTIONS.pods, podObject(pod))
  }
  for (const pod of pods) setPod(pod)
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    void serveApi(store, new Set(Object.values(COLLECTIONS)), request, response)
  })
  const folderOf = (pod: string) =>
    store.get(COLLECTIONS.pods, pod) === undefined ? undefined : (paths.get(pod) ?? podPath)
  const executions = serveExecutions(server, folderOf, requests)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanup.use({
    async [Symbol.asyncDispose]() {
      executions.close()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  })
  const { port } = server.address() as AddressInfo
  const folder = cleanup.use(await tempFolder('kubernetes')).path
  const kubeconfig = join(folder, 'config')
  await writeFile(kubeconfig, JSON.stringify(configuration(port)))
  const path = [dirname(sidProgramPath('kubectl')), process.env['PATH']].join(delimiter)
  const ending = cleanup.move()
  return {
    env: { PATH: path, HOME: folder, KUBECONFIG: kubeconfig },
    kubeconfig,
    requests,
    objects: (resource) => store.list(COLLECTIONS[resource]),
    setPod,
    endWatches: () => server.closeAllConnections(),
    removePod(name) {
      store.remove(COLLECTIONS.pods, name)
      executions.end(name)
    },
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}

const SPDY_ACCEPTED = [
  'HTTP/1.1 101 Switching Protocols',
  'Connection: Upgrade',
  'Upgrade: SPDY/3.1',
  'X-Stream-Protocol-Version: v4.channel.k8s.io',
  '',
  '',
].join('\r\n')

/** Runs the commands that `kubectl exec` requests, by WebSockets or SPDY. */
function serveExecutions(server: Server, folderOf: (pod: string) => string | undefined, requests: string[]) {
  const children = new Map<ChildProcess, string>()
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' })
  server.on('upgrade', (request, socket, head) => {
    requests.push(request.url ?? '')
    const { pathname, searchParams } = urlOf(request)
    const [, pod = ''] = /\/pods\/([^/]+)\/exec$/.exec(pathname) ?? []
    const folder = folderOf(pod)
    if (folder === undefined) return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    const start = () => {
      const child = spawnInPod(searchParams.getAll('command'), folder)
      children.set(child, pod)
      child.once('close', () => children.delete(child))
      return child
    }
    if (request.headers.upgrade?.toLowerCase() === 'spdy/3.1') {
      socket.write(SPDY_ACCEPTED)
      return void connectSpdy(socket, head, start()).catch(() => socket.destroy())
    }
    sockets.handleUpgrade(request, socket, head, (client) => connectWebSocket(client, start()))
  })
  const end = (pod?: string) => {
    for (const [child, of] of children) if (pod === undefined || of === pod) child.kill('SIGKILL')
  }
  const close = () => {
    end()
    for (const client of sockets.clients) client.terminate()
  }
  return { end, close }
}

function podObject({
  name,
  labels,
  containers = ['main'],
  isReady = true,
  isEnding = false,
}: TestPod): KubernetesObject {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace: NAMESPACE,
      ...(labels && { labels }),
      ...(isEnding && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: { containers: containers.map((container) => ({ name: container, image: 'none' })) },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  }
}

function workloadObject({ kind, name, selector }: TestWorkload): KubernetesObject {
  return { kind, apiVersion: 'apps/v1', metadata: { name, namespace: NAMESPACE }, spec: { selector } }
}

function lowerCase<T extends string>(text: T): Lowercase<T> {
  return text.toLowerCase() as Lowercase<T>
}

function urlOf({ url = '' }: IncomingMessage): URL {
  return new URL(url, 'http://kubernetes')
}

function configuration(port: number) {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': CONTEXT,
    clusters: [{ name: 'cluster', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'user', user: {} }],
    contexts: [{ name: CONTEXT, context: { cluster: 'cluster', user: 'user', namespace: NAMESPACE } }],
  }
}
