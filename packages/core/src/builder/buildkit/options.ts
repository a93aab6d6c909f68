import type { Duplex, Writable } from 'node:stream'
import type { SyncDirectory } from './session/files/file-sync.js'

/** The login of one registry host: a user name and a password, or an identity token. */
export type RegistryLogin = { readonly username: string; readonly password: string } | { readonly token: string }

/** Secrets for `RUN --mount=type=secret`, by id. Each is read when a step requests it, and sent to that step only. */
export type BuildSecrets = Readonly<Record<string, () => Uint8Array | Promise<Uint8Array>>>

/**
 * Agents for `RUN --mount=type=ssh`, by id; `default` if the mount has none. Each function opens a connection that uses
 * the ssh agent protocol.
 */
export type SshAgents = Readonly<Record<string, () => Duplex | Promise<Duplex>>>

/** Resources of this machine that a build may request. It cannot read others. */
export interface SessionOptions {
  /** The directories that the build may read: `context` and `dockerfile` for a Dockerfile, and those of named contexts. */
  readonly directories?: Readonly<Record<string, SyncDirectory>>
  /**
   * Key of sessions that send the same directories: a builder keeps what it received, and requests only the
   * differences. Without it, every session sends everything.
   */
  readonly sharedKey?: string
  /** Opens the stream to which the exporters `tar`, `oci` and `docker` write the result. */
  readonly output?: () => Writable
  /**
   * Returns the login for a registry host, in BuildKit's name for it: Docker Hub is `registry-1.docker.io`. Called for
   * that host only. The signal fires when BuildKit ends its call.
   */
  readonly credentials?: (host: string, call: { readonly signal: AbortSignal }) => Promise<RegistryLogin | undefined>
  readonly secrets?: BuildSecrets
  readonly ssh?: SshAgents
}
