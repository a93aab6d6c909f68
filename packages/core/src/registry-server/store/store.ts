import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../../layout/durable-file.js'
import { LAYOUT_MARKER, repositoriesFolder } from '../../layout/layout-format.js'
import { algorithmOf, type Digest, digestOf } from '../../model/digest.js'
import { isDiskFull } from '../../model/disk-full.js'
import { ContentStore, type OpenContent } from './content-store.js'
import { type CheckedManifest, missingNeed, neededBlobs, unknownNeed } from './manifest-check.js'
import { RecordFiles } from './record-files.js'
import { isSubject, type ManifestContent, type RepositoryRecord, readRecords } from './repository-record.js'
import { addTo, all, deleteFrom, type Revert, removeFrom, setIn } from './revertible.js'
import { checkStoreFolder } from './store-folder.js'
import type { Upload } from './upload.js'
import { Uploads } from './uploads.js'

/** Options of a store. */
export interface StoreOptions {
  /** Whether manifests may refer to what is not there. */
  readonly sparse?: boolean
}

/** The parts of a store, as they are read when it is opened. */
type StoreParts = Pick<Store, 'uploads' | 'content' | 'records' | 'options'>

/**
 * All that the registry holds: an OCI image layout, with a record per repository beside it. What is answered from is in
 * memory, which is right since one process alone has the directory. A change that cannot be written is taken back.
 */
export class Store {
  readonly #files: RecordFiles

  readonly uploads: Uploads
  readonly content: ContentStore
  readonly records: Map<string, RepositoryRecord>
  readonly options: StoreOptions

  private constructor(directory: string, { uploads, content, records, options }: StoreParts) {
    this.uploads = uploads
    this.content = content
    this.records = records
    this.options = options
    this.#files = new RecordFiles(directory, records, () => uploads.freshPath())
  }

  /**
   * Opens the store of a directory that this process has to itself, and puts right what a crash left behind.
   *
   * @throws HostError REGISTRY_NOT_STARTED
   */
  static async open(directory: string, options: StoreOptions = {}): Promise<Store> {
    await checkStoreFolder(directory)
    // First, since it makes room.
    const uploads = await Uploads.open(directory)
    const root = repositoriesFolder(directory)
    await mkdir(root, { recursive: true })
    const records = await readRecords(root)
    const content = await ContentStore.open(directory)
    const store = new Store(directory, { uploads, content, records, options })
    await replaceFile(join(directory, 'oci-layout'), uploads.freshPath(), LAYOUT_MARKER)
    for (const name of records.keys()) await store.#clearLeftovers(name)
    await store.content.sweep((digest) => store.#isHeld(digest))
    await store.#files.saveIndex()
    return store
  }

  /** Opens a blob, if the repository has it. */
  async openBlob(name: string, digest: Digest): Promise<OpenContent | undefined> {
    return this.records.get(name)?.blobs.has(digest) ? this.content.read(digest) : undefined
  }

  /** Makes a finished upload a blob of its repository. Its digest must have been compared. */
  async addBlob(upload: Upload, digest: Digest): Promise<void> {
    const { repository, path } = upload
    this.uploads.take(upload)
    await this.#place(repository, path, digest, async (adopt) => {
      await upload.sync()
      await adopt(() => addTo(this.#files.record(repository).blobs, digest))
      return false
    })
  }

  /** Makes a blob of one repository one of another too; false if the first does not have it. */
  async mountBlob(from: string, to: string, digest: Digest): Promise<boolean> {
    if (!this.records.get(from)?.blobs.has(digest) || !this.content.has(digest)) return false
    await this.#files.saveOrRevert(to, false, addTo(this.#files.record(to).blobs, digest))
    return true
  }

  /** Takes a blob out of a repository; false if it was not there. */
  async removeBlob(name: string, digest: Digest): Promise<boolean> {
    const revert = removeFrom(this.records.get(name)?.blobs, digest)
    if (revert === undefined) return false
    await this.#saveRemoval(name, digest, false, revert)
    return true
  }

  /** The digest that a tag points to. */
  resolveTag(name: string, tag: string): Digest | undefined {
    return this.records.get(name)?.tags.get(tag)
  }

  /** Whether a repository has a record of a manifest, whatever has become of its bytes. */
  holdsManifest(name: string, digest: Digest): boolean {
    return this.records.get(name)?.manifests.has(digest) ?? false
  }

  /** Reads a manifest, if the repository has it and its bytes are still those of its digest. */
  async readManifest(name: string, digest: Digest): Promise<ManifestContent | undefined> {
    const manifest = this.records.get(name)?.manifests.get(digest)
    const content = manifest && (await this.content.read(digest))
    if (manifest === undefined || content === undefined) return undefined
    await using file = content.file
    if (content.size !== manifest.size) return undefined
    const bytes = await file.readFile()
    return digestOf(bytes, algorithmOf(digest)) === digest ? { ...manifest, digest, bytes } : undefined
  }

  /**
   * Stores a manifest, and points tags to it. What it refers to has to be there at the moment that it appears: a part may
   * be deleted while it is written.
   *
   * @throws ProtocolError MANIFEST_BLOB_UNKNOWN
   */
  async putManifest(name: string, checked: CheckedManifest, tags: readonly string[]): Promise<void> {
    const { bytes, digest, needs: _, ...manifest } = checked
    this.#checkNeeds(name, checked)
    const path = this.uploads.freshPath()
    await this.#place(name, path, digest, async (adopt) => {
      await writeFile(path, bytes, { flush: true })
      await adopt(() => {
        this.#checkNeeds(name, checked)
        const record = this.#files.record(name)
        const pointed = tags.map((tag) => setIn(record.tags, tag, digest))
        return all([setIn(record.manifests, digest, manifest), ...pointed])
      })
      return tags.length > 0 || manifest.subject !== undefined || isSubject(this.#files.record(name), digest)
    })
  }

  /**
   * Takes a manifest out of a repository, and the tags that point to it; false if it was not there. Its blobs stay
   * until the next start: a client that has just seen one there may be about to push a manifest over it.
   */
  async removeManifest(name: string, digest: Digest): Promise<boolean> {
    const blobs = await this.#blobsOf(name, digest)
    const record = this.records.get(name)
    const removed = deleteFrom(record?.manifests, digest)
    if (record === undefined || removed === undefined) return false
    const tags = [...record.tags].filter(([, target]) => target === digest)
    // One that cannot be read may have been the last to refer to any of them.
    const leftovers = [...(blobs ?? record.blobs)].map((blob) => addTo(record.leftovers, blob))
    const untagged = tags.map(([tag]) => deleteFrom(record.tags, tag))
    await this.#saveRemoval(name, digest, true, all([removed, ...leftovers, ...untagged]))
    return true
  }

  /** Takes a tag away, and leaves what it pointed to; false if it was not there. */
  async removeTag(name: string, tag: string): Promise<boolean> {
    const revert = deleteFrom(this.records.get(name)?.tags, tag)
    if (revert === undefined) return false
    await this.#files.saveOrRevert(name, true, revert)
    return true
  }

  /** Lets go of what only removed manifests referred to. Other blobs without a manifest are of pushes that can go on. */
  async #clearLeftovers(name: string): Promise<void> {
    const record = this.#files.record(name)
    if (record.leftovers.size === 0) return
    const needed = await Promise.all([...record.manifests.keys()].map((digest) => this.#blobsOf(name, digest)))
    // The references of a damaged manifest are unknown; after it is pushed again, or deleted, the next start continues
    // here.
    if (needed.includes(undefined)) return
    const kept = new Set(needed.flat())
    for (const blob of record.leftovers) if (!kept.has(blob)) record.blobs.delete(blob)
    record.leftovers.clear()
    await this.#files.save(name, false)
  }

  /** The blobs that a manifest refers to; undefined if it cannot be read. */
  async #blobsOf(name: string, digest: Digest): Promise<readonly Digest[] | undefined> {
    const content = await this.readManifest(name, digest)
    return content && neededBlobs(content)
  }

  #checkNeeds(name: string, checked: CheckedManifest): void {
    if (this.options.sparse) return
    const missing = missingNeed(checked, this.records.get(name), (digest) => this.content.has(digest))
    if (missing !== undefined) throw unknownNeed(name, missing)
  }

  #isHeld(digest: Digest): boolean {
    return [...this.records.values()].some(({ blobs, manifests }) => blobs.has(digest) || manifests.has(digest))
  }

  /**
   * Puts a file in its place as content, and writes the record of it. Where that fails, nothing of it is left.
   *
   * @param work - returns whether the layout's index names what has changed.
   */
  async #place(
    name: string,
    path: string,
    digest: Digest,
    work: (adopt: (link: () => Revert) => Promise<void>) => Promise<boolean>,
  ): Promise<void> {
    let revert: Revert | undefined
    const adopt = (link: () => Revert) =>
      this.content.adopt(path, digest, () => {
        revert = link()
      })
    try {
      await this.#files.saveOrRevert(name, await work(adopt), () => revert?.())
    } catch (error) {
      revert?.()
      await rm(path, { force: true })
      await this.content.drop(digest, () => this.#isHeld(digest))
      throw error
    }
  }

  /**
   * Writes a record that something was taken out of, then removes the bytes. On a full disk the bytes go first, which makes
   * room for the record; one that lists what has no bytes does no harm.
   */
  async #saveRemoval(name: string, digest: Digest, isInIndex: boolean, revert: Revert): Promise<void> {
    const drop = () => this.content.drop(digest, () => this.#isHeld(digest))
    try {
      await this.#files.save(name, isInIndex)
    } catch (error) {
      if (!isDiskFull(error) || this.#isHeld(digest)) {
        revert()
        await this.#files.save(name, isInIndex).catch(() => {})
        throw error
      }
      await drop()
      await this.#files.save(name, isInIndex).catch(() => {})
      return
    }
    await drop()
  }
}
