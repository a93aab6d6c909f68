import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { buildxCommand } from '../scripts/setup/newer-engine.mjs'
import type { UserFolder } from '../test/cli/user-folder.js'
import { runProgram } from '../test/support/child.js'

/** Runs the docker CLI on an engine, with a configuration of its own and with buildx. */
export type DockerCli = (...args: readonly string[]) => Promise<void>

/** Makes the configuration in a folder, so that no login, context or earlier manifest list of this machine decides anything. */
export async function dockerCli(folder: UserFolder, host: string): Promise<DockerCli> {
  const plugins = join(folder.path, 'docker-cli/plugins')
  const command = buildxCommand().map((part) => `'${part}'`)
  await folder.write({
    'docker-cli/config.json': JSON.stringify({ cliPluginsExtraDirs: [plugins] }),
    'docker-cli/plugins/docker-buildx': `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`,
  })
  await chmod(join(plugins, 'docker-buildx'), 0o755)
  const env = { ...process.env, DOCKER_CONFIG: join(folder.path, 'docker-cli'), DOCKER_HOST: host }
  return async (...args) => void (await runProgram('docker', args, { env, cwd: folder.path }))
}
