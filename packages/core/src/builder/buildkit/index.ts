/**
 * What BuildKit calls back for while it builds, over a connection of dockerode.
 *
 * @module \@polyarch/core/buildkit-session
 */

export { agentSocket } from './agent-socket.js'
export { type DockerConnection, openBuildKitSession } from './dockerode-session.js'
export { agentOfKeys } from './key-agent.js'
export type { BuildSecrets, RegistryLogin, SessionOptions, SshAgents } from './options.js'
export type { BuildKitSession } from './session.js'
