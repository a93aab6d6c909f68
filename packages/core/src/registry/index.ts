/**
 * A client of registries, and its credentials.
 *
 * @module \@polyarch/core/registry
 */

export type { Digest } from '../model/digest.js'
export type { Descriptor, ImageIndex, ImageManifest, StoredManifest } from '../model/oci.js'
export { parseReference, type Reference, type Repository } from '../model/reference.js'
export { firstCredentials, staticCredentials } from './auth/credentials.js'
export { type DockerCredentialsOptions, dockerConfigCredentials } from './auth/docker-config.js'
export { createRegistry } from './client.js'
export type { RegistryHostOptions, RegistryOptions, RetryBounds } from './options.js'
export type { BlobSource, CredentialStore, Credentials, Registry, RegistryCall } from './port.js'
