import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram, startProgram } from './child.js'
import { Cleanup } from './cleanup.js'
import { freePort } from './free-port.js'
import { tempFolder } from './temp-folder.js'

/** An sshd of a test's own on 127.0.0.1, whose only command prints a greeting where there is one. */
export interface SshServer extends AsyncDisposable {
  readonly port: number
}

/** What a session of an sshd is. */
export interface SshServerOptions {
  /** The only command: prints this. */
  readonly greeting?: string
  /** The PATH of commands. */
  readonly path?: string
}

/** Starts sshd, which lets in whoever has one of these keys. @param publicKeys - lines of authorized_keys */
export async function startSshServer(
  publicKeys: readonly string[],
  { greeting, path: searchPath }: SshServerOptions = {},
): Promise<SshServer> {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('sshd'))
  const [hostKey, authorized, config] = ['host-key', 'authorized', 'config'].map((name) => join(path, name)) as [
    string,
    string,
    string,
  ]
  await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey])
  await writeFile(authorized, publicKeys.join('\n'))
  // Where sshd keeps what it gives up its rights in; a package without an init does not make it.
  await mkdir('/run/sshd', { recursive: true })
  const port = await freePort()
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${authorized}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
    'PidFile none',
    ...(greeting === undefined ? [] : [`ForceCommand echo ${greeting}`]),
    ...(searchPath === undefined ? [] : [`SetEnv PATH=${searchPath}`]),
  ]
  await writeFile(config, `${lines.join('\n')}\n`)
  cleanup.use(
    await startProgram({
      command: '/usr/sbin/sshd',
      args: ['-D', '-e', '-f', config],
      readyLine: (line) => line.includes('Server listening') || undefined,
    }),
  )
  const ending = cleanup.move()
  return { port, [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose]() }
}
