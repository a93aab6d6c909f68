import { join } from 'node:path'
import { buildxCommand } from '../../scripts/setup/newer-engine.mjs'
import { runProgram } from './child.js'

/** Where buildx runs. */
export interface BuildxPlace {
  /** Address of the engine. */
  readonly host: string
  readonly folder: string
  readonly variables?: Readonly<Record<string, string>>
}

/**
 * Runs buildx, the peer that builds are compared with, on an engine; its configuration is in the folder.
 *
 * @returns its standard output
 */
export async function runBuildx(
  { host, folder, variables = {} }: BuildxPlace,
  ...args: readonly string[]
): Promise<string> {
  const [command, ...before] = buildxCommand()
  const env = { PATH: process.env['PATH'], DOCKER_HOST: host, DOCKER_CONFIG: join(folder, 'docker'), ...variables }
  const { stdout } = await runProgram(command, [...before, ...args], { env, cwd: folder, maxBuffer: 64 * 1024 * 1024 })
  return stdout
}
