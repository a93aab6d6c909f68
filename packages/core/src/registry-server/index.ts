/**
 * The embedded registry.
 *
 * @module \@polyarch/core/registry-server
 */

export type { ServerAuth } from './auth/auth.js'
export type { Fault, FaultRule } from './http/errors.js'
export type { RegistryServer, RegistryServerOptions, ServerRequest, ServerTimeouts } from './options.js'
export { startRegistry } from './server.js'
export { runningRegistry } from './store/lock.js'
