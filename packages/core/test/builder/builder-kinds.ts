import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Docker from 'dockerode'
import { type BuildKitRelay, startBuildKitRelay } from '../../../../test/support/buildkit-relay.js'
import { busyboxImage } from '../../../../test/support/busybox-image.js'
import { makeCertificate, makeSignedCertificate } from '../../../../test/support/certificate.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { startKubernetes } from '../../../../test/support/kubernetes/cluster.js'
import { buildctlFolder } from '../../../../test/support/kubernetes/pod-program.js'
import { newerEngine } from '../../../../test/support/newer-engine.js'
import { startPodmanContainer } from '../../../../test/support/podman-container.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { pullImage } from '../../../../test/support/run-image.js'
import { sshToHere } from '../../../../test/support/ssh-client.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import type { BuilderOptions } from '../../src/builder/options.js'
import { platform } from './engines.js'

/** A builder of a test. It ends with the value. */
export interface RunningBuilder extends AsyncDisposable {
  readonly options: BuilderOptions
}

type Start = (cleanup: Cleanup) => Promise<BuilderOptions>

const DIAL_STDIO = fileURLToPath(new URL('../../../../test/support/dial-stdio.mjs', import.meta.url))

/** Ways to reach a BuildKit, by name. Engine 28.5 behind a relay stands for a buildkitd, and for an engine with gRPC. */
const KINDS: Readonly<Record<string, Start>> = {
  'engine 20.10': async () => ({ host: process.env['POLYARCH_INSTALLED_ENGINE'] }),
  'engine 28.5 with graph drivers': async (cleanup) => {
    return { host: cleanup.use(await newerEngine({ imageStore: 'graphdriver' })).address }
  },
  'engine 28.5 with the containerd image store': async (cleanup) => {
    return { host: cleanup.use(await newerEngine()).address }
  },
  'engine with gRPC on its socket': async (cleanup) => {
    const path = await socketPath(cleanup)
    await startRelay(cleanup, { as: 'grpc-engine', path })
    return { host: `unix://${path}` }
  },
  'buildkitd at a socket': async (cleanup) => ({ host: `buildkit+unix://${await relayedSocket(cleanup)}` }),
  'buildkitd behind TLS': async (cleanup) => {
    const folder = cleanup.use(await tempFolder('builder'))
    const authority = await makeCertificate(folder.path)
    const own = await makeSignedCertificate(authority, join(folder.path, 'own'))
    const { certificate: cert, key } = authority
    const tls = { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] }
    const { port } = await startRelay(cleanup, { as: 'buildkitd', tls })
    const files = { ca: join(own, 'ca.pem'), cert: join(own, 'cert.pem'), key: join(own, 'key.pem') }
    return { host: `buildkit+tcp://127.0.0.1:${port}`, certificates: { ...files, serverName: 'localhost' } }
  },
  'buildkitd behind a program': async (cleanup) => {
    return { command: [process.execPath, DIAL_STDIO, await relayedSocket(cleanup)] }
  },
  'buildkitd over ssh': async (cleanup) => {
    const { host, env } = cleanup.use(await sshToHere({ path: `${await buildctl(cleanup)}:/usr/bin:/bin` }))
    return { host: `buildkit+ssh://${host}`, env }
  },
  'buildkitd in a container': async (cleanup) => {
    const { port } = await startRelay(cleanup, { as: 'buildkitd' })
    return { host: `docker-container://${await startContainer(cleanup, port)}` }
  },
  'buildkitd in a container of podman': async (cleanup) => {
    const { port } = await startRelay(cleanup, { as: 'buildkitd' })
    return { host: `podman-container://${cleanup.use(await startPodmanContainer(port)).id}` }
  },
  'buildkitd in a pod': async (cleanup) => {
    const pods = [{ name: 'buildkitd-0', path: await buildctl(cleanup) }]
    const { env } = cleanup.use(await startKubernetes({ pods }))
    return { host: 'kube-pod://buildkitd-0', env }
  },
}

/** The names of all kinds of builders. */
export const BUILDER_KINDS = Object.keys(KINDS)

/** Kinds that differ in more than the connection to them. */
export const BACKENDS: ReadonlySet<string> = new Set([
  'engine 20.10',
  'engine 28.5 with graph drivers',
  'engine 28.5 with the containerd image store',
  'buildkitd at a socket',
])

/** Starts a builder of a kind. */
export async function startBuilder(kind: string): Promise<RunningBuilder> {
  await using cleanup = new Cleanup()
  const options = await (KINDS[kind] as Start)(cleanup)
  const ending = cleanup.move()
  return { options, [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose]() }
}

async function startRelay(cleanup: Cleanup, options: Parameters<typeof startBuildKitRelay>[1]): Promise<BuildKitRelay> {
  const engine = cleanup.use(await newerEngine())
  return cleanup.use(await startBuildKitRelay(engine.socketPath, options))
}

async function buildctl(cleanup: Cleanup): Promise<string> {
  const engine = cleanup.use(await newerEngine())
  return cleanup.use(await buildctlFolder(engine.socketPath)).path
}

async function socketPath(cleanup: Cleanup): Promise<string> {
  return join(cleanup.use(await tempFolder('builder')).path, 'builder.sock')
}

async function relayedSocket(cleanup: Cleanup): Promise<string> {
  const path = await socketPath(cleanup)
  await startRelay(cleanup, { as: 'buildkitd', path })
  return path
}

/** Runs a container whose `buildctl` connects to a port of this machine. @returns its name */
async function startContainer(cleanup: Cleanup, port: number): Promise<string> {
  const amd64 = platform('linux/amd64')
  await using registry = await startDebianRegistry()
  const buildctl = { content: `#!/bin/sh\nexec busybox nc 127.0.0.1 ${port}\n`, mode: 0o755 }
  // Engine 28.5 starts a program of an image without PATH by its whole path alone.
  const config = { Env: ['PATH=/bin'] }
  const image = await busyboxImage({ platform: amd64, files: { 'bin/buildctl': buildctl }, config })
  await pushTinyImage({ url: registry.url, repository: 'buildkitd' }, image, '1')
  const docker = new Docker()
  const reference = `${registry.host}/buildkitd:1`
  await pullImage(docker, reference, 'linux/amd64')
  cleanup.use({ [Symbol.asyncDispose]: async () => void (await docker.getImage(reference).remove({ force: true })) })
  const container = await docker.createContainer({
    Image: reference,
    Cmd: ['sleep', '3600'],
    HostConfig: { NetworkMode: 'host' },
  })
  cleanup.use({ [Symbol.asyncDispose]: async () => void (await container.remove({ force: true })) })
  await container.start()
  return container.id
}
