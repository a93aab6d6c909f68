import { homedir } from 'node:os'
import { join } from 'node:path'
import type { UserFolder } from '../test/cli/user-folder.js'
import { runProgram } from '../test/support/child.js'

/** Runs the docker CLI with a configuration of its own, but with the plugins of this machine. */
export type DockerCli = (...args: readonly string[]) => Promise<void>

/** Makes the configuration in a folder, so that no login, context or earlier manifest list of this machine decides anything. */
export async function dockerCli(folder: UserFolder): Promise<DockerCli> {
  const own = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')
  const configuration = { cliPluginsExtraDirs: [join(own, 'cli-plugins')] }
  await folder.write({ 'docker-cli/config.json': JSON.stringify(configuration) })
  const env = { ...process.env, DOCKER_CONFIG: join(folder.path, 'docker-cli') }
  return async (...args) => void (await runProgram('docker', args, { env, cwd: folder.path }))
}
