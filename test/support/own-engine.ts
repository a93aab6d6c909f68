import { join } from 'node:path'
import { startProgram } from './child.js'
import { Cleanup } from './cleanup.js'
import { tempFolder } from './temp-folder.js'

/** An engine of a test's own, of the machine's version. Empty at first. */
export interface OwnEngine extends AsyncDisposable {
  /** `unix://…`, as DOCKER_HOST has it. */
  readonly address: string
}

/** Starts the machine's dockerd once more. @param options - of its own; its steps have no network but the machine's. */
export function ownEngine(options: readonly string[] = []): Promise<OwnEngine> {
  return start([], options)
}

/** One in a network namespace of its own, where nothing listens: as in a virtual machine or on another host. */
export function secludedEngine(): Promise<OwnEngine> {
  return start(['--net'], [])
}

async function start(network: readonly string[], options: readonly string[]): Promise<OwnEngine> {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('own-engine'))
  const address = `unix://${join(path, 'docker.sock')}`
  const folders = ['--data-root', join(path, 'data'), '--exec-root', join(path, 'exec'), '--pidfile', join(path, 'pid')]
  const unconnected = ['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--ip-forward=false']
  const namespaces = ['--mount', '--mount-proc', '--pid', '--fork', '--kill-child', '--propagation', 'private']
  cleanup.use(
    await startProgram({
      command: 'unshare',
      args: [...network, ...namespaces, 'dockerd', '--host', address, ...folders, ...unconnected, ...options],
      readyLine: (line) => line.includes(`API listen on ${address.slice('unix://'.length)}`) || undefined,
      timeout: 60_000,
      stopSignal: 'SIGKILL',
    }),
  )
  const ending = cleanup.move()
  return { address, [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose]() }
}
