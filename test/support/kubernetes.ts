import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { WebSocket, WebSocketServer } from 'ws'
import { sidProgramPath } from '../../scripts/setup/sid-programs.mjs'
import { Cleanup } from './cleanup.js'
import { tempFolder } from './temp-folder.js'

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

/** A namespace of a cluster, served as real `kubectl` needs it. */
export interface TestCluster extends AsyncDisposable {
  /** The environment in which `kubectl` is Debian's, with a configuration for this cluster. */
  readonly env: NodeJS.ProcessEnv
  readonly kubeconfig: string
  /** Path and query of each request, in order. */
  readonly requests: readonly string[]
}

/** The context in the configuration. */
export const CONTEXT = 'test/cluster'
export const NAMESPACE = 'builds'

/** Channels of `v5.channel.k8s.io`: the first byte of each message. */
const [STDIN, STDOUT, STDERR, STATUS, CLOSE] = [0, 1, 2, 3, 255]

const DISCOVERY: Readonly<Record<string, unknown>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [{ name: 'apps', versions: [{ groupVersion: 'apps/v1', version: 'v1' }] }],
  },
  '/api/v1': resourceList('v1', ['Pod']),
  '/apis/apps/v1': resourceList('apps/v1', ['Deployment', 'StatefulSet']),
}

/** Starts the server. */
export async function startKubernetes({
  workloads = [],
  pods = [],
}: {
  readonly workloads?: readonly TestWorkload[]
  readonly pods?: readonly TestPod[]
}): Promise<TestCluster> {
  await using cleanup = new Cleanup()
  const requests: string[] = []
  const children = new Set<ChildProcessWithoutNullStreams>()
  const objects = new Map<string, readonly NamedObject[]>([
    [`/api/v1/namespaces/${NAMESPACE}/pods`, pods.map(podObject)],
    [`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, workloadObjects(workloads, 'Deployment')],
    [`/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets`, workloadObjects(workloads, 'StatefulSet')],
  ])
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    const { status, body } = answer(urlOf(request), objects)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' })
  server.on('upgrade', (request, socket, head) => {
    requests.push(request.url ?? '')
    const pod = pods.find(({ name }) => urlOf(request).pathname.endsWith(`/pods/${name}/exec`))
    if (pod?.path === undefined) return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    const folder = pod.path
    sockets.handleUpgrade(request, socket, head, (client) => {
      const child = runInPod(client, urlOf(request).searchParams.getAll('command'), folder)
      children.add(child)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanup.use({
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL')
      for (const client of sockets.clients) client.terminate()
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
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}

interface NamedObject {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
}

function answer(
  { pathname, searchParams }: URL,
  objects: ReadonlyMap<string, readonly NamedObject[]>,
): { readonly status: number; readonly body: unknown } {
  const known = DISCOVERY[pathname]
  if (known !== undefined) return { status: 200, body: known }
  const all = objects.get(pathname)
  if (all !== undefined) {
    const selector = searchParams.get('labelSelector') ?? ''
    const items = all.filter(({ metadata }) => isSelected(metadata.labels ?? {}, selector))
    return { status: 200, body: { kind: 'List', apiVersion: 'v1', metadata: {}, items } }
  }
  const name = pathname.slice(pathname.lastIndexOf('/') + 1)
  const one = objects.get(dirname(pathname))?.find(({ metadata }) => metadata.name === name)
  if (one !== undefined) return { status: 200, body: one }
  const message = `${pathname} not found`
  return {
    status: 404,
    body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404, message },
  }
}

/** `key=value` and `key in (a,b)`, which is what the selectors of these tests come to. */
function isSelected(labels: Readonly<Record<string, string>>, selector: string): boolean {
  return selector.split(/,(?![^(]*\))/).every((term) => {
    const [, key = '', list] = /^(.*) in \((.*)\)$/.exec(term) ?? []
    if (list !== undefined) return list.split(',').includes(labels[key] ?? '')
    const [name = '', value] = term.split('=')
    return term === '' || labels[name] === value
  })
}

function podObject({ name, labels, containers = ['main'], isReady = true, isEnding = false }: TestPod) {
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

function workloadObjects(workloads: readonly TestWorkload[], of: TestWorkload['kind']) {
  return workloads
    .filter(({ kind }) => kind === of)
    .map(({ kind, name, selector }) => ({
      kind,
      apiVersion: 'apps/v1',
      metadata: { name, namespace: NAMESPACE },
      spec: { selector },
    }))
}

function resourceList(groupVersion: string, kinds: readonly string[]) {
  const resources = kinds.flatMap((kind) => {
    const singularName = kind.toLowerCase()
    const name = `${singularName}s`
    return [{ name, singularName, kind, namespaced: true, verbs: ['get', 'list', 'create'] }]
  })
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
}

/** Connects a WebSocket with a process. @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets */
function runInPod(client: WebSocket, [command = '', ...args]: readonly string[], path: string) {
  const child = spawn(command, args, { env: { PATH: `${path}:/usr/bin:/bin` } })
  const send = (channel: number, data: Buffer) => {
    if (client.readyState === WebSocket.OPEN) client.send(Buffer.concat([Buffer.from([channel]), data]))
  }
  const status = (value: object) => send(STATUS as number, Buffer.from(JSON.stringify({ metadata: {}, ...value })))
  client.on('message', (message: Buffer) => {
    if (message[0] === CLOSE) child.stdin.end()
    else if (message[0] === STDIN) child.stdin.write(message.subarray(1))
  })
  client.on('close', () => child.kill())
  child.stdin.on('error', () => {})
  child.stdout.on('data', (data: Buffer) => send(STDOUT as number, data))
  child.stderr.on('data', (data: Buffer) => send(STDERR as number, data))
  child.on('error', (error) => {
    status({ status: 'Failure', message: error.message, reason: 'InternalError' })
    client.close()
  })
  child.on('close', (code) => {
    const causes = [{ reason: 'ExitCode', message: String(code) }]
    status(code === 0 ? { status: 'Success' } : { status: 'Failure', reason: 'NonZeroExitCode', details: { causes } })
    client.close()
  })
  return child
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
