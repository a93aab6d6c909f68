import { join } from 'node:path'
import { startProgram } from './child.js'
import { Cleanup } from './cleanup.js'
import { tempFolder } from './temp-folder.js'

/** An engine that does not see this machine's loopback, as one in a virtual machine or on another host. */
export interface SecludedEngine extends AsyncDisposable {
  /** `unix://…`, as DOCKER_HOST has it. */
  readonly address: string
}

/** Starts the machine's dockerd in a network namespace of its own, where nothing listens. */
export async function secludedEngine(): Promise<SecludedEngine> {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('secluded'))
  const address = `unix://${join(path, 'docker.sock')}`
  const folders = ['--data-root', join(path, 'data'), '--exec-root', join(path, 'exec'), '--pidfile', join(path, 'pid')]
  const network = ['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--ip-forward=false']
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private']
  cleanup.use(
    await startProgram({
      command: 'unshare',
      args: [...namespaces, 'dockerd', '--host', address, ...folders, ...network],
      readyLine: (line) => line.includes('API listen on') || undefined,
      timeout: 60_000,
      stopSignal: 'SIGKILL',
    }),
  )
  const ending = cleanup.move()
  return { address, [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose]() }
}
