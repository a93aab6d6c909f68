import type { Readable } from 'node:stream'
import type { Digest } from '../model/digest.js'
import type { Descriptor, StoredManifest } from '../model/oci.js'
import type { Reference, Repository } from '../model/reference.js'
import type { RegistryEvent } from '../model/run/events.js'

/** Options of every call to a registry. */
export interface RegistryCall {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: RegistryEvent) => void) | undefined
  /** Send the request to the registry itself and to no mirror, because a write depends on the response. */
  readonly fresh?: boolean | undefined
  /** Called before a failed write is repeated; an error ends the call. */
  readonly beforeRepeat?: (() => Promise<void>) | undefined
}

/** Content to upload: its digest and size are known, and it can be opened again when a transfer has to be repeated. */
export interface BlobSource {
  readonly descriptor: Pick<Descriptor, 'digest' | 'size'>
  open(offset?: number): Readable | Promise<Readable>
}

/**
 * A registry client; one value serves all hosts. It verifies the digest of every manifest and blob that it reads.
 *
 * Methods throw RegistryError, and CancelledError once the signal has fired.
 */
export interface Registry extends AsyncDisposable {
  /** The descriptor of a tag or digest, by HEAD; undefined if it does not exist. */
  resolve(reference: Reference, call?: RegistryCall): Promise<Descriptor | undefined>
  /** The manifest under a tag or digest; undefined if it does not exist. */
  getManifest(reference: Reference, call?: RegistryCall): Promise<StoredManifest | undefined>
  /**
   * Puts a manifest under the reference's tag, else under its own digest. All it refers to must be in that repository.
   * One with a `subject` is found by {@link Registry.listReferrers} afterwards, whether or not the registry has that API.
   */
  putManifest(reference: Reference, manifest: StoredManifest, call?: RegistryCall): Promise<void>
  /** Deletes a tag or, by digest, a manifest. */
  deleteManifest(reference: Reference, call?: RegistryCall): Promise<void>
  hasBlob(repository: Repository, digest: Digest, call?: RegistryCall): Promise<boolean>
  /**
   * Opens a stream of the blob's bytes; it fails with DIGEST_MISMATCH at its end if they do not match the descriptor.
   */
  readBlob(repository: Repository, descriptor: Descriptor, call?: RegistryCall): Promise<Readable>
  /** Uploads, unless the repository already has it. */
  writeBlob(repository: Repository, source: BlobSource, call?: RegistryCall): Promise<void>
  /** Copies a blob between repositories: skipped if it exists, mounted within one registry, else streamed. */
  copyBlob(from: Repository, to: Repository, descriptor: Descriptor, call?: RegistryCall): Promise<void>
  /** The descriptors of a manifest's referrers; with `artifactType`, only of that type. */
  listReferrers(
    repository: Repository,
    subject: Digest,
    options?: RegistryCall & { readonly artifactType?: string },
  ): Promise<readonly Descriptor[]>
  /** All tags of a repository, in the registry's order; empty if the repository does not exist. */
  listTags(repository: Repository, call?: RegistryCall): Promise<readonly string[]>
}

/** A login for one registry host. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string }

/** Options of a lookup of credentials. */
export interface CredentialCall {
  readonly signal?: AbortSignal | undefined
}

/** A source of logins. Hosts are matched exactly. */
export interface CredentialStore {
  /**
   * The login for a host such as `ghcr.io` or `127.0.0.1:5000`; undefined for anonymous.
   *
   * @param call.signal - ends the lookup: a credential helper may take a minute.
   */
  find(host: string, call?: CredentialCall): Promise<Credentials | undefined>
}
