import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCertificate } from '../support/certificate.js'
import { Cleanup } from '../support/cleanup.js'
import type { Login } from '../support/debian-registry.js'
import { type Backend, debianBackend, EMBEDDED_LOGIN, embeddedBackend } from './backends.js'
import { Lane } from './lane.js'
import { startChaosProxy } from './proxy.js'

/** A kind of registry, and how it is reached. */
export interface Variant {
  readonly name: string
  readonly tls: boolean
  /** The login that polyarch has. */
  readonly login: Login | undefined
  /** How many of them a worker has: docker-registry is slower, and an own process. */
  readonly lanes: number
  start(folder: string): Promise<Backend>
}

/** docker-registry's only login. */
const DEBIAN_LOGIN: Login = { username: 'builder', password: 'p?>:~~>secret??' }

/** All variants. */
export const VARIANTS: readonly Variant[] = [
  { name: 'embedded', tls: false, login: undefined, lanes: 5, start: (folder) => embeddedBackend(folder, false) },
  {
    name: 'embedded-tokens',
    tls: false,
    login: EMBEDDED_LOGIN,
    lanes: 3,
    start: (folder) => embeddedBackend(folder, true),
  },
  { name: 'embedded-tls', tls: true, login: undefined, lanes: 3, start: (folder) => embeddedBackend(folder, false) },
  { name: 'docker-registry', tls: false, login: undefined, lanes: 1, start: () => debianBackend(false) },
  {
    name: 'docker-registry-tls-login',
    tls: true,
    login: DEBIAN_LOGIN,
    lanes: 1,
    start: () => debianBackend(true),
  },
]

/** Starts a lane in an empty folder. */
export async function startLane(variant: Variant, folder: string): Promise<Lane & AsyncDisposable> {
  await using cleanup = new Cleanup()
  await mkdir(folder, { recursive: true })
  const certificate = variant.tls ? await makeCertificate(folder) : undefined
  const backend = cleanup.use(await variant.start(join(folder, 'registry')))
  const proxy = cleanup.use(await startChaosProxy(certificate))
  const ending = cleanup.move()
  return Object.assign(new Lane(variant, backend, proxy, folder), {
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  })
}
