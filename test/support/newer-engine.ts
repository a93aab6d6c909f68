import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newerEngineRoot } from '../../scripts/setup/newer-engine.mjs'
import { stateFolder } from '../../scripts/setup/state-folder.mjs'
import { BRIDGE_NETWORKS, makeBridge } from './bridge.js'
import { startProgram } from './child.js'
import { Cleanup } from './cleanup.js'
import { tempFolder } from './temp-folder.js'

/** An engine of a test's own: 28.5, by default with the containerd image store. Empty at first. */
export interface NewerEngine extends AsyncDisposable {
  readonly socketPath: string
  /** `unix://…`, as DOCKER_HOST has it. */
  readonly address: string
  /** The engine's log so far. */
  log(): string
}

/**
 * Runs inside mount and process namespaces of its own, so that killing its first process leaves nothing behind. The
 * network is the machine's, since the registries of tests listen on its loopback. The folder is bound onto itself
 * because runc requires a mount point as root. It becomes the root of the mount namespace, not of the process alone:
 * what is executed in a running container starts at the root of the namespace.
 */
const START = `
set -e
root=$1 work=$2 bridge=$3
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount --bind "$work" "$root/mnt"
cd "$root"
pivot_root . .
umount --lazy .
exec dockerd --config-file /mnt/daemon.json --data-root /mnt/data --exec-root /run/docker \
  --pidfile /run/docker.pid --bridge "$bridge" --host unix:///mnt/docker.sock
`

/**
 * Without packet filters, which belong to the machine's own engine; so what runs on the bridge cannot leave the machine.
 * Registries of tests on bridges have no TLS.
 */
const CONFIGURATION = { iptables: false, ip6tables: false, 'insecure-registries': [BRIDGE_NETWORKS] }

/** How the newer engine keeps images. */
export interface NewerEngineOptions {
  /** Default `containerd`, as in new installations. */
  readonly imageStore?: 'containerd' | 'graphdriver'
}

/** Starts the newer engine. It shares nothing with the machine's own but the network. */
export async function newerEngine({ imageStore = 'containerd' }: NewerEngineOptions = {}): Promise<NewerEngine> {
  const root = newerEngineRoot()
  if (!existsSync(root)) throw new Error('the newer engine has not been made: run `npm test`, which does')
  await using cleanup = new Cleanup()
  // On the disk unless TMPDIR selects another folder: /tmp may be a small file system in memory.
  const work = cleanup.use(await tempFolder('engine', process.env['TMPDIR'] ?? stateFolder('newer-engine')))
  const bridge = cleanup.use(await makeBridge())
  const configuration = { ...CONFIGURATION, features: { 'containerd-snapshotter': imageStore === 'containerd' } }
  await writeFile(join(work.path, 'daemon.json'), JSON.stringify(configuration))
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private']
  const program = cleanup.use(
    await startProgram({
      command: 'unshare',
      args: [...namespaces, 'sh', '-c', START, 'sh', root, work.path, bridge.name],
      readyLine: (line) => line.includes('API listen on') || undefined,
      stopSignal: 'SIGKILL',
    }),
  )
  const socketPath = join(work.path, 'docker.sock')
  const ending = cleanup.move()
  return {
    socketPath,
    address: `unix://${socketPath}`,
    log: program.output,
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}
