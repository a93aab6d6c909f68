import type { BuildKitTransport } from '../../buildkit/client.js'
import { type ApiVersion, compareApiVersions } from './api-version.js'
import type { Connection } from './connection.js'

/** The first API that serves gRPC on the engine's own socket, and deprecates the upgrades. */
const GRPC_API: ApiVersion = '1.53'

/**
 * Chooses how the BuildKit of a Docker Engine is reached: by gRPC on the engine's own socket, or by upgrading requests
 * of the Engine API. A proxy before an engine may pass on HTTP/1.1 alone, so the upgrade is tried.
 *
 * @see https://docs.docker.com/reference/api/engine/version-history/#v153-api-changes
 */
export async function engineTransport(
  connection: Connection,
  signal: AbortSignal | undefined,
): Promise<BuildKitTransport> {
  const upgrading: BuildKitTransport = {
    connect: (own) => connection.upgrade({ path: '/grpc', signal: own }),
    dialSession: (headers, own) => connection.upgrade({ path: '/session', headers, signal: own }),
  }
  const { api } = await connection.version(signal)
  if (compareApiVersions(api, GRPC_API) < 0) return upgrading
  return { connect: (own) => connection.dialHttp2(own), fallback: upgrading }
}
