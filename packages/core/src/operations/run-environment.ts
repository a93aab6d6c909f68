import type { Environment } from '../host/environment.js'
import { type DockerConfiguration, openDockerConfiguration } from '../registry/auth/docker-config.js'
import type { CredentialStore } from '../registry/port.js'
import type { OperationOptions } from './options.js'

/** Values that an operation reads from its process, once, here. */
export interface RunEnvironment {
  readonly env: Environment
  /** Start of the operation. */
  readonly now: Date
  readonly docker: DockerConfiguration
  /** The logins of the options, else those of docker's configuration. */
  readonly credentials: CredentialStore
}

/** Reads the environment variables of an operation. */
export function readEnvironment(): Environment {
  return { ...process.env }
}

/** Reads the environment of an operation. */
export function readRunEnvironment({ registryClient }: OperationOptions): RunEnvironment {
  const env = readEnvironment()
  const docker = openDockerConfiguration(env)
  return { env, now: new Date(), docker, credentials: registryClient?.credentials ?? docker.credentials }
}
