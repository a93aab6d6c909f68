/**
 * The embedded registry.
 *
 * @module \@polyarch/core/registry-server
 */

export type { ServerAuth } from './auth.js'
export type { Fault, FaultRule } from './faults.js'
export { runningRegistry } from './lock.js'
export type { RegistryServer, RegistryServerOptions, ServerRequest, ServerTimeouts } from './options.js'
export { startRegistry } from './server.js'
