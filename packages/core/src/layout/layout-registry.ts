import type { Readable } from 'node:stream'
import pLimit from 'p-limit'
import { InFlight } from '../model/async/in-flight.js'
import type { Digest } from '../model/digest.js'
import { CancelledError } from '../model/errors.js'
import type { Descriptor, StoredManifest } from '../model/oci.js'
import { type Reference, type Repository, sameRepository } from '../model/reference.js'
import { DEFAULT_CONCURRENCY } from '../registry/options.js'
import type { BlobSource, Registry, RegistryCall } from '../registry/port.js'
import { contentSize, openContent, writeContent } from './layout-content.js'
import { layoutNames, makeLayout, readLayoutIndex } from './layout-index.js'
import { getFromLayout, putIntoLayout, referrersInLayout, removeFromLayout } from './layout-manifests.js'
import { layoutDirectory } from './layout-reference.js'

/** Returns a registry that also reads and writes image layouts, whose references {@link parseLayoutReference} makes. */
export function withLayouts(registry: Registry): Registry {
  return new LayoutRegistry(registry)
}

class LayoutRegistry implements Registry {
  readonly #registry: Registry
  readonly #transfers = pLimit(DEFAULT_CONCURRENCY)
  readonly #inFlight = new InFlight<void>()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  async resolve(reference: Reference, call?: RegistryCall): Promise<Descriptor | undefined> {
    const directory = layoutDirectory(reference)
    if (directory === undefined) return this.#registry.resolve(reference, call)
    return (await getFromLayout(directory, reference))?.descriptor
  }

  async getManifest(reference: Reference, call?: RegistryCall): Promise<StoredManifest | undefined> {
    const directory = layoutDirectory(reference)
    return directory === undefined ? this.#registry.getManifest(reference, call) : getFromLayout(directory, reference)
  }

  async putManifest(reference: Reference, manifest: StoredManifest, call?: RegistryCall): Promise<void> {
    const directory = layoutDirectory(reference)
    if (directory === undefined) return this.#registry.putManifest(reference, manifest, call)
    await putIntoLayout(directory, reference, manifest)
  }

  async deleteManifest(reference: Reference, call?: RegistryCall): Promise<void> {
    const directory = layoutDirectory(reference)
    if (directory === undefined) return this.#registry.deleteManifest(reference, call)
    await removeFromLayout(directory, reference)
  }

  async hasBlob(repository: Repository, digest: Digest, call?: RegistryCall): Promise<boolean> {
    const directory = layoutDirectory(repository)
    if (directory === undefined) return this.#registry.hasBlob(repository, digest, call)
    return (await contentSize(directory, digest)) !== undefined
  }

  async readBlob(repository: Repository, descriptor: Descriptor, call?: RegistryCall): Promise<Readable> {
    return this.#read(repository, descriptor, call)
  }

  async writeBlob(repository: Repository, source: BlobSource, call?: RegistryCall): Promise<void> {
    const directory = layoutDirectory(repository)
    if (directory === undefined) return this.#registry.writeBlob(repository, source, call)
    await this.#write(directory, source, call)
  }

  async copyBlob(from: Repository, to: Repository, descriptor: Descriptor, call?: RegistryCall): Promise<void> {
    if (sameRepository(from, to)) return
    const directory = layoutDirectory(to)
    const source: BlobSource = { descriptor, open: (offset) => this.#read(from, descriptor, call, offset) }
    if (directory !== undefined) return this.#write(directory, source, call)
    if (layoutDirectory(from) === undefined) return this.#registry.copyBlob(from, to, descriptor, call)
    await this.#registry.writeBlob(to, source, call)
  }

  async listReferrers(
    repository: Repository,
    subject: Digest,
    options?: Parameters<Registry['listReferrers']>[2],
  ): Promise<readonly Descriptor[]> {
    const directory = layoutDirectory(repository)
    if (directory === undefined) return this.#registry.listReferrers(repository, subject, options)
    return referrersInLayout(directory, subject, options?.artifactType)
  }

  async listTags(repository: Repository, call?: RegistryCall): Promise<readonly string[]> {
    const directory = layoutDirectory(repository)
    if (directory === undefined) return this.#registry.listTags(repository, call)
    return layoutNames(await readLayoutIndex(directory))
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#registry[Symbol.asyncDispose]()
  }

  async #write(directory: string, source: BlobSource, { signal }: RegistryCall = {}): Promise<void> {
    await makeLayout(directory)
    try {
      await this.#inFlight.share(`${directory} ${source.descriptor.digest}`, signal, () =>
        this.#transfers(() => writeContent(directory, source, signal)),
      )
    } catch (error) {
      throw signal?.aborted ? new CancelledError(error) : error
    }
  }

  #read(from: Repository, descriptor: Descriptor, call?: RegistryCall, offset = 0): Promise<Readable> {
    const directory = layoutDirectory(from)
    // Only registries request an offset, and copies between registries do not use this.
    return directory === undefined
      ? this.#registry.readBlob(from, descriptor, call)
      : openContent(directory, descriptor.digest, offset)
  }
}
