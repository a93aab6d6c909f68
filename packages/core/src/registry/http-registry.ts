import type { Readable } from 'node:stream'
import { BlobReader } from './blobs/reader.js'
import { BlobWriter } from './blobs/writer.js'
import { Connections } from './connections/connections.js'
import { ManifestReader } from './manifests/reader.js'
import { Referrers } from './manifests/referrers.js'
import { ManifestWriter } from './manifests/writer.js'
import type { RegistryOptions } from './options.js'
import type { Registry } from './port.js'
import { RecentWrites } from './recent-writes.js'
import { listTags } from './tags.js'

/** The client that `createRegistry` loads, for options that have been checked. */
export function openHttpRegistry(options: RegistryOptions): Registry {
  const connections = new Connections(options)
  const recent = new RecentWrites()
  const manifests = new ManifestReader(connections, recent)
  const writer = new ManifestWriter(connections, manifests, recent)
  const referrers = new Referrers(connections, manifests, writer)
  const blobs = new BlobReader(connections, recent)
  const blobWriter = new BlobWriter(connections, blobs, recent)
  return {
    resolve: (reference, call) => manifests.resolve(reference, call),
    getManifest: (reference, call) => manifests.get(reference, call),
    async putManifest(reference, manifest, call) {
      const { linked } = await writer.put(reference, manifest, call)
      if (!linked) await referrers.record(reference, manifest, call)
    },
    async deleteManifest(reference, call) {
      const subject = reference.digest && (await referrers.subjectOf(reference, call))
      await writer.delete(reference, call)
      if (reference.digest && subject) await referrers.forget(reference, reference.digest, subject, call)
    },
    hasBlob: (repository, digest, call) => blobs.has(repository, digest, call),
    readBlob: (repository, descriptor, call): Promise<Readable> => blobs.read(repository, descriptor, call),
    writeBlob: (repository, source, call) => blobWriter.write(repository, source, call),
    copyBlob: (from, to, descriptor, call) => blobWriter.copy(from, to, descriptor, call),
    listReferrers: (repository, subject, call) => referrers.list(repository, subject, call),
    listTags: (repository, call) => listTags(connections, repository, call),
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  }
}
