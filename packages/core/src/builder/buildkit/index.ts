/**
 * A client for BuildKit's own API: builds, their progress, and the services that they call back for.
 *
 * @module \@polyarch/core/buildkit
 */

export type { BuildSource } from './build-sources.js'
export type { BuildKitClient, BuildKitTransport } from './client.js'
export type { ControlClient, SolveRequest, SourceReplacement } from './control.js'
export type {
  BuildKitVersion,
  BuildRecord,
  CacheEntry,
  LlbDefinition,
  LlbMetadata,
  UsageRecord,
  Worker,
} from './control-schema.js'
export { connectBuildKit, type DockerConnection } from './grpc/docker-transport.js'
export { GrpcError } from './grpc/grpc-error.js'
export type { BuildSecrets, RegistryLogin, SessionOptions, SshAgents } from './options.js'
export type { ContentAddition, ContentStore } from './session/content/content-store.js'
export type { SyncDirectory, SyncEntry } from './session/files/file-sync.js'
export { memoryDirectory } from './session/files/memory-directory.js'
export type { BuildKitSession } from './session/session.js'
export { agentSocket } from './session/ssh/agent-socket.js'
export { agentOfKeys } from './session/ssh/key-agent.js'
export { type SolveCall, SolveError, type SolveResult, solve } from './solve.js'
