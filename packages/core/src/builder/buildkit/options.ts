import type { Duplex, Writable } from 'node:stream'
import type { SyncDirectory } from './session/files/file-sync.js'

/** The login of one registry host; an identity token is what some registries give in place of a password. */
export type RegistryLogin = { readonly username: string; readonly password: string } | { readonly token: string }

/**
 * What `RUN --mount=type=secret` can read, by id. Each is read when a step asks for it; its value goes to that step and
 * nowhere else.
 */
export type BuildSecrets = Readonly<Record<string, () => Uint8Array | Promise<Uint8Array>>>

/**
 * What `RUN --mount=type=ssh` can use, by the id in it; `default` where it has none. Each opens a connection that the
 * protocol of ssh agents is spoken on.
 */
export type SshAgents = Readonly<Record<string, () => Duplex | Promise<Duplex>>>

/** What a build may call back for. It gets nothing else of this machine. */
export interface SessionOptions {
  /** The directories that the build may read: `context` and `dockerfile` for a Dockerfile, and those of named contexts. */
  readonly directories?: Readonly<Record<string, SyncDirectory>>
  /**
   * Says which sessions send the same directories: a builder keeps what it received, and requests only what differs.
   * Without it, every session sends everything.
   */
  readonly sharedKey?: string
  /** Opens what the result of the exporters `tar`, `oci` and `docker` is written to. */
  readonly output?: () => Writable
  /** The login for a registry host, as BuildKit names it: Docker Hub is `registry-1.docker.io`. Asked for that host alone. */
  readonly credentials?: (host: string) => Promise<RegistryLogin | undefined>
  readonly secrets?: BuildSecrets
  readonly ssh?: SshAgents
}
