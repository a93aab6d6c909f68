import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { DurableFile } from '../layout/durable-file.js'
import { LAYOUT_MARKER, repositoriesFolder } from '../layout/layout-format.js'
import type { Digest } from '../model/digest.js'
import { HostError } from '../model/errors.js'
import { ContentStore, type OpenContent } from './content-store.js'
import { encodeLayoutIndex } from './layout-index.js'
import { type CheckedManifest, checkNeeds, neededBlobs } from './manifest-check.js'
import {
  emptyRecord,
  encodeRecord,
  type ManifestContent,
  type RepositoryRecord,
  readRecords,
  recordFile,
} from './repository-record.js'
import type { Upload } from './upload.js'
import { Uploads } from './uploads.js'

/**
 * All that the registry holds: an OCI image layout, with a record per repository beside it. What is answered from is in
 * memory, which is right since one process alone has the directory.
 */
export class Store {
  readonly #files = new Map<string, DurableFile>()
  readonly #layout: DurableFile

  private constructor(
    readonly directory: string,
    readonly uploads: Uploads,
    readonly content: ContentStore,
    readonly records: Map<string, RepositoryRecord>,
  ) {
    this.#layout = new DurableFile(join(directory, 'index.json'), uploads.freshPath(), () => encodeLayoutIndex(records))
  }

  /**
   * Opens the store of a directory that this process has to itself, and puts right what a crash left behind.
   *
   * @throws HostError REGISTRY_NOT_STARTED
   */
  static async open(directory: string): Promise<Store> {
    await refuseForeign(directory)
    const root = repositoriesFolder(directory)
    await mkdir(root, { recursive: true })
    const records = await readRecords(root)
    const store = new Store(directory, await Uploads.open(directory), await ContentStore.open(directory), records)
    await writeFile(join(directory, 'oci-layout'), LAYOUT_MARKER)
    for (const name of records.keys()) await store.#clearLeftovers(name)
    await store.content.sweep((digest) => store.#isHeld(digest))
    await store.#layout.save()
    return store
  }

  /** Opens a blob, where the repository has it. */
  async openBlob(name: string, digest: Digest): Promise<OpenContent | undefined> {
    return this.records.get(name)?.blobs.has(digest) ? this.content.read(digest) : undefined
  }

  /** Makes a finished upload a blob of its repository. Its digest must have been compared. */
  async addBlob(upload: Upload, digest: Digest): Promise<void> {
    this.uploads.take(upload)
    await upload.sync()
    await this.content.adopt(upload.path, digest, () => this.#record(upload.repository).blobs.add(digest))
    await this.#save(upload.repository)
  }

  /** Makes a blob of one repository one of another too; false where the first does not have it. */
  async mountBlob(from: string, to: string, digest: Digest): Promise<boolean> {
    if (!this.records.get(from)?.blobs.has(digest)) return false
    this.#record(to).blobs.add(digest)
    await this.#save(to)
    return true
  }

  /** Takes a blob out of a repository; false where it was not there. */
  async removeBlob(name: string, digest: Digest): Promise<boolean> {
    if (!this.records.get(name)?.blobs.delete(digest)) return false
    await this.#save(name)
    await this.content.drop(digest, () => this.#isHeld(digest))
    return true
  }

  /** The digest that a tag points to. */
  resolveTag(name: string, tag: string): Digest | undefined {
    return this.records.get(name)?.tags.get(tag)
  }

  /** Reads a manifest, where the repository has it. */
  async readManifest(name: string, digest: Digest): Promise<ManifestContent | undefined> {
    const manifest = this.records.get(name)?.manifests.get(digest)
    const content = manifest && (await this.content.read(digest))
    if (manifest === undefined || content === undefined) return undefined
    return { ...manifest, digest, bytes: await buffer(content.file.createReadStream()) }
  }

  /**
   * Stores a manifest, and points a tag to it. What it refers to has to be there at the moment that it appears: a part may
   * be deleted while it is written.
   *
   * @throws ProtocolError MANIFEST_BLOB_UNKNOWN
   */
  async putManifest(name: string, checked: CheckedManifest, tag?: string): Promise<void> {
    const { bytes, digest, needs: _, ...manifest } = checked
    checkNeeds(name, checked, this.records.get(name))
    const path = this.uploads.freshPath()
    await writeFile(path, bytes, { flush: true })
    try {
      await this.content.adopt(path, digest, () => {
        checkNeeds(name, checked, this.records.get(name))
        const record = this.#record(name)
        record.manifests.set(digest, manifest)
        if (tag !== undefined) record.tags.set(tag, digest)
      })
    } catch (error) {
      await this.content.drop(digest, () => this.#isHeld(digest))
      throw error
    }
    await this.#save(name)
    if (tag !== undefined) await this.#layout.save()
  }

  /**
   * Takes a manifest out of a repository, and the tags that point to it; false where it was not there. Its blobs stay
   * until the next start: a client that has just seen one there may be about to push a manifest over it.
   */
  async removeManifest(name: string, digest: Digest): Promise<boolean> {
    const blobs = await this.#blobsOf(name, digest)
    const record = this.records.get(name)
    if (!record?.manifests.delete(digest)) return false
    for (const blob of blobs) record.leftovers.add(blob)
    for (const [tag, target] of record.tags) {
      if (target === digest) record.tags.delete(tag)
    }
    await Promise.all([this.#save(name), this.#layout.save()])
    await this.content.drop(digest, () => this.#isHeld(digest))
    return true
  }

  /** Takes a tag away, and leaves what it pointed to; false where it was not there. */
  async removeTag(name: string, tag: string): Promise<boolean> {
    if (!this.records.get(name)?.tags.delete(tag)) return false
    await Promise.all([this.#save(name), this.#layout.save()])
    return true
  }

  /** Lets go of what only removed manifests referred to. Other blobs without a manifest are of pushes that can go on. */
  async #clearLeftovers(name: string): Promise<void> {
    const record = this.#record(name)
    if (record.leftovers.size === 0) return
    for (const digest of record.manifests.keys()) {
      for (const blob of await this.#blobsOf(name, digest)) record.leftovers.delete(blob)
    }
    for (const blob of record.leftovers) record.blobs.delete(blob)
    record.leftovers.clear()
    await this.#save(name)
  }

  /** The blobs that a manifest refers to; none where the repository does not have it. */
  async #blobsOf(name: string, digest: Digest): Promise<readonly Digest[]> {
    const content = await this.readManifest(name, digest)
    return content === undefined ? [] : neededBlobs(content)
  }

  #record(name: string): RepositoryRecord {
    const record = this.records.get(name) ?? emptyRecord()
    this.records.set(name, record)
    return record
  }

  #isHeld(digest: Digest): boolean {
    return [...this.records.values()].some(({ blobs, manifests }) => blobs.has(digest) || manifests.has(digest))
  }

  async #save(name: string): Promise<void> {
    const file = this.#files.get(name) ?? (await this.#makeFile(name))
    await file.save()
  }

  /** Two saves may come here at once, and have to share one file: else the older text could be written last. */
  async #makeFile(name: string): Promise<DurableFile> {
    const path = await recordFile(repositoriesFolder(this.directory), name)
    const file =
      this.#files.get(name) ?? new DurableFile(path, this.uploads.freshPath(), () => encodeRecord(this.#record(name)))
    this.#files.set(name, file)
    return file
  }
}

/** What a first start makes before it writes the marker of a layout. */
const BEFORE_MARKER: ReadonlySet<string> = new Set(['repositories', 'incoming', 'blobs'])

/**
 * A layout of another program, or a home directory, is not for this one to rewrite: that it has a folder of repositories
 * too says nothing.
 */
async function refuseForeign(directory: string): Promise<void> {
  const entries = await readdir(directory)
  const others = entries.filter((name) => !name.startsWith('lock'))
  const isMarked = others.includes('oci-layout') || others.every((name) => BEFORE_MARKER.has(name))
  if (others.length === 0 || (others.includes('repositories') && isMarked)) return
  throw new HostError('REGISTRY_NOT_STARTED', `${directory} holds something else than an embedded registry`, {
    hint: 'name a directory that is empty or does not exist yet',
  })
}
