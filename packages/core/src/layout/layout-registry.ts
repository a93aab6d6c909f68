import type { Readable } from 'node:stream'
import pLimit from 'p-limit'
import { InFlight } from '../model/async/in-flight.js'
import { CancelledError } from '../model/errors.js'
import type { Descriptor } from '../model/oci.js'
import { type Repository, sameRepository } from '../model/reference.js'
import { DEFAULT_CONCURRENCY } from '../registry/options.js'
import type { BlobSource, Registry, RegistryCall } from '../registry/port.js'
import { contentSize, openContent, writeContent } from './layout-content.js'
import { layoutNames, makeLayout, readLayoutIndex } from './layout-index.js'
import { getFromLayout, putIntoLayout, referrersInLayout, removeFromLayout } from './layout-manifests.js'
import { layoutDirectory } from './layout-reference.js'

/** A registry that also reads and writes image layouts, whose references {@link parseLayoutReference} makes. */
export function withLayouts(registry: Registry): Registry {
  const transfers = pLimit(DEFAULT_CONCURRENCY)
  const inFlight = new InFlight<void>()

  async function write(directory: string, source: BlobSource, { signal }: RegistryCall = {}): Promise<void> {
    await makeLayout(directory)
    try {
      await inFlight.share(`${directory} ${source.descriptor.digest}`, signal, () =>
        transfers(() => writeContent(directory, source, signal)),
      )
    } catch (error) {
      throw signal?.aborted ? new CancelledError(error) : error
    }
  }

  function read(from: Repository, descriptor: Descriptor, call?: RegistryCall, offset = 0): Promise<Readable> {
    const directory = layoutDirectory(from)
    // Only registries request an offset, and copies between registries do not use this.
    return directory === undefined
      ? registry.readBlob(from, descriptor, call)
      : openContent(directory, descriptor.digest, offset)
  }

  return {
    async resolve(reference, call) {
      const directory = layoutDirectory(reference)
      if (directory === undefined) return registry.resolve(reference, call)
      return (await getFromLayout(directory, reference))?.descriptor
    },
    async getManifest(reference, call) {
      const directory = layoutDirectory(reference)
      return directory === undefined ? registry.getManifest(reference, call) : getFromLayout(directory, reference)
    },
    async putManifest(reference, manifest, call) {
      const directory = layoutDirectory(reference)
      if (directory === undefined) return registry.putManifest(reference, manifest, call)
      await putIntoLayout(directory, reference, manifest)
    },
    async deleteManifest(reference, call) {
      const directory = layoutDirectory(reference)
      if (directory === undefined) return registry.deleteManifest(reference, call)
      await removeFromLayout(directory, reference)
    },
    async hasBlob(repository, digest, call) {
      const directory = layoutDirectory(repository)
      if (directory === undefined) return registry.hasBlob(repository, digest, call)
      return (await contentSize(directory, digest)) !== undefined
    },
    async readBlob(repository, descriptor, call) {
      return read(repository, descriptor, call)
    },
    async writeBlob(repository, source, call) {
      const directory = layoutDirectory(repository)
      return directory === undefined ? registry.writeBlob(repository, source, call) : write(directory, source, call)
    },
    async copyBlob(from, to, descriptor, call) {
      if (sameRepository(from, to)) return
      const directory = layoutDirectory(to)
      const source: BlobSource = { descriptor, open: (offset) => read(from, descriptor, call, offset) }
      if (directory !== undefined) return write(directory, source, call)
      if (layoutDirectory(from) === undefined) return registry.copyBlob(from, to, descriptor, call)
      await registry.writeBlob(to, source, call)
    },
    async listReferrers(repository, subject, options) {
      const directory = layoutDirectory(repository)
      if (directory === undefined) return registry.listReferrers(repository, subject, options)
      return referrersInLayout(directory, subject, options?.artifactType)
    },
    async listTags(repository, call) {
      const directory = layoutDirectory(repository)
      if (directory === undefined) return registry.listTags(repository, call)
      return layoutNames(await readLayoutIndex(directory))
    },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  }
}
