import { join } from 'node:path'
import { DurableFile } from '../../layout/durable-file.js'
import { repositoriesFolder } from '../../layout/layout-format.js'
import { encodeLayoutIndex } from './layout-index.js'
import { emptyRecord, encodeRecord, type RepositoryRecord, recordFile } from './repository-record.js'
import type { Revert } from './revertible.js'

/** The records of all repositories, with their files and the index of the layout. */
export class RecordFiles {
  readonly #directory: string
  readonly #freshPath: () => string
  readonly #files = new Map<string, DurableFile>()
  readonly #index: DurableFile

  /** @param freshPath - returns a path on the same file system that nothing else writes to. */
  constructor(
    directory: string,
    readonly records: Map<string, RepositoryRecord>,
    freshPath: () => string,
  ) {
    this.#directory = directory
    this.#freshPath = freshPath
    this.#index = new DurableFile(join(directory, 'index.json'), freshPath(), () => encodeLayoutIndex(records))
  }

  /** The record of a repository; created if it does not exist. */
  record(name: string): RepositoryRecord {
    const record = this.records.get(name) ?? emptyRecord()
    this.records.set(name, record)
    return record
  }

  /** Writes the index of the layout. */
  async saveIndex(): Promise<void> {
    await this.#index.save()
  }

  /** Writes the record of a repository, and the index if it is affected. */
  async save(name: string, isInIndex: boolean): Promise<void> {
    const file = this.#files.get(name) ?? (await this.#makeFile(name))
    await file.save()
    if (isInIndex) await this.#index.save()
  }

  /**
   * Writes the record, and reverts the change if that fails, also on disk, because another save may have written it.
   */
  async saveOrRevert(name: string, isInIndex: boolean, revert: Revert): Promise<void> {
    try {
      await this.save(name, isInIndex)
    } catch (error) {
      revert()
      await this.save(name, isInIndex).catch(() => {})
      throw error
    }
  }

  /** Concurrent saves share one file, otherwise the older text could be written last. */
  async #makeFile(name: string): Promise<DurableFile> {
    const path = await recordFile(repositoriesFolder(this.#directory), name)
    const content = () => encodeRecord(this.record(name))
    const file = this.#files.get(name) ?? new DurableFile(path, this.#freshPath(), content)
    this.#files.set(name, file)
    return file
  }
}
