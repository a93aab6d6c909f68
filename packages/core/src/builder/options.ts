import type { Environment } from '../host/environment.js'
import type { CredentialStore } from '../registry/port.js'
import type { CertificateFiles } from './transport/tls-material.js'

/** The builder to use, and its logins. */
export interface BuilderOptions {
  /**
   * A Docker Engine: `unix://`, `npipe://`, `tcp://` or `ssh://`, or the name of a docker context. A separate BuildKit:
   * `buildkit+unix://`, `buildkit+npipe://`, `buildkit+tcp://` or `buildkit+ssh://`, `docker-container://NAME`,
   * `podman-container://NAME`, or `kube-pod://POD`. Several builders: `kubernetes://[CONTEXT/]NAMESPACE/DEPLOYMENT`, or
   * the name of a builder created with `docker buildx create`. By default BUILDKIT_HOST, BUILDX_BUILDER, DOCKER_HOST,
   * the current docker context, or the default socket, in this order.
   */
  readonly host?: string | undefined
  /** In place of an address: a program whose standard streams are a connection to a BuildKit, with its arguments. */
  readonly command?: readonly [string, ...string[]] | undefined
  /**
   * Certificates of a `tcp://` builder: a directory with `ca.pem`, `cert.pem` and `key.pem`, or the paths of these
   * files. A Docker Engine's default is DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or the docker context.
   */
  readonly certificates?: string | CertificateFiles | undefined
  /**
   * Platforms that the builder counts as native: `['linux/arm64']`. Other builders with declared platforms do not get
   * builds for them. By default the builder reports its platforms; a builder of buildx may have declared ones.
   */
  readonly platforms?: readonly string[] | undefined
  /** Logins for the registries that the builder pulls from and pushes to; by default all are anonymous. */
  readonly credentials?: CredentialStore
  /** Environment variables such as DOCKER_HOST, also passed to ssh; by default those of the run. */
  readonly env?: Environment
}

/** A builder with the environment of its run. */
export type ResolvedBuilder = BuilderOptions &
  Required<Pick<BuilderOptions, 'env'>> & {
    /** The variable that selected it, for its errors. */
    readonly source?: string | undefined
  }
