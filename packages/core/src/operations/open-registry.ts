import { dockerConfigCredentials } from '../registry/auth/docker-config.js'
import { createRegistry } from '../registry/client.js'
import type { Registry } from '../registry/port.js'
import type { OperationOptions } from './options.js'

/** Opens the registry client of an operation, with docker's logins unless the options have others. */
export function openRegistry({ registryClient }: OperationOptions): Registry {
  return createRegistry({ credentials: dockerConfigCredentials(), ...registryClient })
}
