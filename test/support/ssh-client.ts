import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from './child.js'
import { Cleanup } from './cleanup.js'
import { type SshServerOptions, startSshServer } from './ssh-server.js'
import { tempFolder } from './temp-folder.js'

/** The system's ssh with a configuration of a test's own, and a host that it gets to: this machine, by a real sshd. */
export interface SshClient extends AsyncDisposable {
  /** The host's name in that configuration. */
  readonly host: string
  /** The environment in which `ssh` is the system's with that configuration. */
  readonly env: NodeJS.ProcessEnv
}

/** Starts the sshd, and lets the client in with a key. @param options - of the sshd */
export async function sshToHere(options: SshServerOptions = {}): Promise<SshClient> {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('ssh-client'))
  const key = join(path, 'key')
  await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const server = cleanup.use(await startSshServer([await readFile(`${key}.pub`, 'utf8')], options))
  const host = 'machine-of-the-test'
  const lines = [
    `Host ${host}`,
    'HostName 127.0.0.1',
    `Port ${server.port}`,
    'User root',
    `IdentityFile ${key}`,
    'IdentitiesOnly yes',
    'StrictHostKeyChecking accept-new',
    `UserKnownHostsFile ${join(path, 'known-hosts')}`,
  ]
  await writeFile(join(path, 'config'), `${lines.join('\n')}\n`)
  // ssh looks for its configuration where the user's home is by the password file, whatever HOME says.
  await writeFile(join(path, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F '${join(path, 'config')}' "$@"\n`)
  await chmod(join(path, 'ssh'), 0o755)
  const ending = cleanup.move()
  return {
    host,
    env: { ...process.env, PATH: `${path}:${process.env['PATH']}` },
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}
