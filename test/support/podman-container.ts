import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { busyboxPath } from '../../scripts/setup/busybox.mjs'
import { runProgram } from './child.js'
import { Cleanup } from './cleanup.js'
import { tempFolder } from './temp-folder.js'

/** A container of podman. */
export interface PodmanContainer extends AsyncDisposable {
  readonly id: string
}

/** podman's default limits are more than a machine for tests may allow. */
const OPTIONS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096', '--network', 'host'] as const

/** Without systemd, podman manages cgroups itself. crun, its default runtime, refuses machines with controllers of both cgroup versions. */
const ON_ANY_CGROUPS = ['--cgroup-manager', 'cgroupfs', '--runtime', 'runc'] as const

const podman = (...args: readonly string[]) => runProgram('podman', [...ON_ANY_CGROUPS, ...args])

/** Starts a container whose `buildctl` connects to a port of this machine. */
export async function startPodmanContainer(port: number): Promise<PodmanContainer> {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('podman'))
  await mkdir(join(path, 'bin'))
  await copyFile(busyboxPath('amd64'), join(path, 'bin/busybox'))
  const program = `#!/bin/busybox sh\nexec /bin/busybox nc 127.0.0.1 ${port}\n`
  await writeFile(join(path, 'bin/buildctl'), program, { mode: 0o755 })
  const { stdout } = await podman('run', '--detach', ...OPTIONS, '--rootfs', path, '/bin/busybox', 'sleep', '3600')
  const id = stdout.trim()
  cleanup.use({ [Symbol.asyncDispose]: async () => void (await podman('rm', '--force', '--time', '0', id)) })
  const ending = cleanup.move()
  return { id, [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose]() }
}
