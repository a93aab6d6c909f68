import { join } from 'node:path'
import { makeBridge } from './bridge.js'
import { startProgram } from './child.js'
import { Cleanup } from './cleanup.js'
import { tempFolder } from './temp-folder.js'

/** An engine of a test's own, of the machine's version. Empty at first. */
export interface OwnEngine extends AsyncDisposable {
  /** `unix://…`, as DOCKER_HOST has it. */
  readonly address: string
}

/** Starts the machine's dockerd once more, on a network of its own that leads nowhere. @param options - its own. */
export async function ownEngine(options: readonly string[] = []): Promise<OwnEngine> {
  await using cleanup = new Cleanup()
  // Without any, dockerd takes away docker0, which is the machine's own engine's.
  const bridge = cleanup.use(await makeBridge())
  const { address } = cleanup.use(await start([], ['--bridge', bridge.name, ...options]))
  const ending = cleanup.move()
  return { address, [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose]() }
}

/** One in a network namespace of its own, where nothing listens: as in a virtual machine or on another host. */
export function secludedEngine(): Promise<OwnEngine> {
  return start(['--net'], ['--bridge', 'none'])
}

async function start(network: readonly string[], options: readonly string[]): Promise<OwnEngine> {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('own-engine'))
  const address = `unix://${join(path, 'docker.sock')}`
  const folders = ['--data-root', join(path, 'data'), '--exec-root', join(path, 'exec'), '--pidfile', join(path, 'pid')]
  const unfiltered = ['--iptables=false', '--ip6tables=false', '--ip-forward=false']
  const namespaces = ['--mount', '--mount-proc', '--pid', '--fork', '--kill-child', '--propagation', 'private']
  cleanup.use(
    await startProgram({
      command: 'unshare',
      args: [...network, ...namespaces, 'dockerd', '--host', address, ...folders, ...unfiltered, ...options],
      readyLine: (line) => line.includes(`API listen on ${address.slice('unix://'.length)}`) || undefined,
      stopSignal: 'SIGKILL',
    }),
  )
  const ending = cleanup.move()
  return { address, [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose]() }
}
