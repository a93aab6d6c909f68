import { join } from 'node:path'
import { EngineError } from '../model/errors.js'
import { dockerConfigFolder } from '../registry/auth/docker-config-file.js'
import { configuredContext } from './docker/connection/docker-context.js'
import type { ResolvedBuilder } from './options.js'

/** The variables that select a builder, in their order. */
const VARIABLES = ['BUILDKIT_HOST', 'BUILDX_BUILDER', 'DOCKER_HOST', 'DOCKER_CONTEXT']

/** The variable that selects the builder; undefined if its options do, or if no variable is set. */
export function addressVariable({ host, command, env }: ResolvedBuilder): string | undefined {
  return command !== undefined || host ? undefined : VARIABLES.find((name) => env[name])
}

/** Adds what selected a builder to the error of an address that cannot be used: a variable, or docker's configuration. */
export async function withAddressSource(error: unknown, options: ResolvedBuilder): Promise<unknown> {
  if (!(error instanceof EngineError) || error.code !== 'ENGINE_UNREACHABLE') return error
  const source = options.source ?? addressVariable(options) ?? (await configurationOf(options))
  if (source === undefined) return error
  const other = `correct ${source}, or select another builder with --builder`
  const hint = error.hint === undefined ? other : `${other}; ${error.hint}`
  return new EngineError(error.code, `${source}: ${error.message}`, { hint, cause: error.cause })
}

/** The file whose current context selects the builder. */
async function configurationOf({ host, command, env }: ResolvedBuilder): Promise<string | undefined> {
  const folder = dockerConfigFolder(env)
  if (command !== undefined || host) return undefined
  const context = await configuredContext(folder).catch(() => undefined)
  return context === undefined ? undefined : `currentContext in ${join(folder, 'config.json')}`
}
