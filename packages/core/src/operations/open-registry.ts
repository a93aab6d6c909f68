import { dockerConfigCredentials } from '../registry/auth/docker-config.js'
import { createRegistry } from '../registry/client.js'
import type { Registry } from '../registry/port.js'
import type { OperationOptions } from './options.js'

/** The client that operations use: the docker configuration's logins, unless the options say otherwise. */
export function openRegistry({ registryClient }: OperationOptions): Registry {
  return createRegistry({ credentials: dockerConfigCredentials(), ...registryClient })
}
