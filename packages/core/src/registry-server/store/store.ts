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
  /** Whether manifests may refer to missing content. */
  readonly sparse?: boolean
}

/** The parts of a store, read when it is opened. */
type StoreParts = Pick<Store, 'uploads' | 'content' | 'records' | 'options'>

/**
 * The content of the registry: an OCI image layout, with a record per repository. Records are kept in memory, because
 * only one process uses the directory. A change that cannot be written is reverted.
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
   * Opens the store of a directory that this process has locked, and removes what a crash left behind.
   *
   * @throws HostError REGISTRY_NOT_STARTED
   */
  static async open(directory: string, options: StoreOptions = {}): Promise<Store> {
    await checkStoreFolder(directory)
    // First, because it frees space.
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

  /** Adds a finished upload to its repository as a blob. Its digest must have been compared. */
  async addBlob(upload: Upload, digest: Digest): Promise<void> {
    const { repository, path } = upload
    this.uploads.take(upload)
    await this.#place(repository, path, digest, async (adopt) => {
      await upload.sync()
      await adopt(() => addTo(this.#files.record(repository).blobs, digest))
      return false
    })
  }

  /** Adds a blob of one repository to another; returns false if the first does not have it. */
  async mountBlob(from: string, to: string, digest: Digest): Promise<boolean> {
    if (!this.records.get(from)?.blobs.has(digest) || !this.content.has(digest)) return false
    await this.#files.saveOrRevert(to, false, addTo(this.#files.record(to).blobs, digest))
    return true
  }

  /** Removes a blob from a repository; returns false if it does not exist. */
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

  /** Whether a repository has a record of a manifest, even if its bytes are missing or damaged. */
  holdsManifest(name: string, digest: Digest): boolean {
    return this.records.get(name)?.manifests.has(digest) ?? false
  }

  /** Reads a manifest; undefined if the repository does not have it, or its bytes do not match its digest. */
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
   * Stores a manifest, and points tags to it. Its references are checked when it becomes visible, because content may
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
   * Removes a manifest from a repository, with the tags that point to it; returns false if it does not exist. Its blobs
   * stay until the next start: a client that has found one may be about to push a manifest that refers to it.
   */
  async removeManifest(name: string, digest: Digest): Promise<boolean> {
    const blobs = await this.#blobsOf(name, digest)
    const record = this.records.get(name)
    const removed = deleteFrom(record?.manifests, digest)
    if (record === undefined || removed === undefined) return false
    const tags = [...record.tags].filter(([, target]) => target === digest)
    // An unreadable manifest may have been the last one that refers to them.
    const leftovers = [...(blobs ?? record.blobs)].map((blob) => addTo(record.leftovers, blob))
    const untagged = tags.map(([tag]) => deleteFrom(record.tags, tag))
    await this.#saveRemoval(name, digest, true, all([removed, ...leftovers, ...untagged]))
    return true
  }

  /** Removes a tag, and keeps its manifest; returns false if it does not exist. */
  async removeTag(name: string, tag: string): Promise<boolean> {
    const revert = deleteFrom(this.records.get(name)?.tags, tag)
    if (revert === undefined) return false
    await this.#files.saveOrRevert(name, true, revert)
    return true
  }

  /**
   * Removes blobs that only deleted manifests referred to. Other blobs without a manifest belong to pushes that may
   * continue.
   */
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
   * Moves a file to its place as content, and writes its record. After a failure, nothing of it is left.
   *
   * @param work - returns whether the index of the layout changes.
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
   * Writes a record from which something was removed, then deletes the bytes. On a full disk the bytes are deleted
   * first, which frees space for the record; a record that lists missing content does no harm.
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
