import type { Digest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import { isIndex, type StoredManifest } from '../../model/oci.js'
import type { Repository } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { isImage, readImageConfig } from '../../registry/image-config.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { createdDate, parseDate } from '../../steps/created-date.js'
import { recordReference } from '../../steps/image/context/context-record.js'
import { readParts } from '../../steps/image/image-parts.js'
import { KEY_ANNOTATION, type OwnTag, ownTag } from '../../steps/key.js'
import { isUnreadable, type TaggedManifest } from './repository-content.js'

/** The kinds of tags whose manifests have a date of their own. */
const RECORDS: ReadonlySet<OwnTag> = new Set(['context', 'checked', 'attestation'])

/**
 * When the content of a repository was pushed, in milliseconds since 1970. No registry has an API for that. A run dates
 * the record of a context before an image is under its key tag, and the record of a check after it copied a base. The
 * date in an image's config is often older: builders take it from SOURCE_DATE_EPOCH or from their cache.
 */
export class PushDates {
  readonly #repository: Repository
  readonly #registry: Registry
  readonly #byTag = new Map<string, number>()
  readonly #byBase = new Map<Digest, number>()
  readonly #newest: number | undefined

  constructor(repository: Repository, tagged: readonly TaggedManifest[], registry: Registry) {
    this.#repository = repository
    this.#registry = registry
    for (const { tag, manifest } of tagged) {
      const kind = ownTag(tag)
      const date = createdDate(manifest.content.annotations)
      if (date === undefined || kind === undefined || !RECORDS.has(kind)) continue
      this.#byTag.set(tag, date)
      for (const base of checkedBases(manifest)) this.#byBase.set(base, newest([date, this.#byBase.get(base)]) ?? date)
    }
    this.#newest = newest([...this.#byTag.values()])
  }

  /** The date of the record under a tag. */
  ofRecord(tag: string): number | undefined {
    return this.#byTag.get(tag)
  }

  /** The latest recorded date of an image, or of the images of an index; undefined if there is none. */
  async of(manifest: StoredManifest, call: RegistryCall): Promise<number | undefined> {
    const { descriptor, content } = manifest
    const checked = this.#byBase.get(descriptor.digest)
    if (!isIndex(content)) return newest([checked ?? this.#recorded(manifest), await this.#configured(manifest, call)])
    const dates = await allOrNone(content.manifests, call, async ({ digest }, own) => {
      const child = await readable(() => this.#registry.getManifest({ ...this.#repository, digest }, own))
      return child === undefined || isIndex(child.content) ? this.#byBase.get(digest) : this.of(child, own)
    })
    return newest([checked, ...dates])
  }

  /**
   * An image without polyarch's annotations was pushed by a builder, and its run has not finished it: which record is its
   * own is not known yet.
   */
  #recorded({ content: { annotations } }: StoredManifest): number | undefined {
    const parts = readParts(annotations)
    if (parts === undefined) return annotations?.[KEY_ANNOTATION] === undefined ? this.#newest : undefined
    const { tag } = recordReference(this.#repository, parts.context, parts.dockerfile)
    return tag === undefined ? undefined : this.#byTag.get(tag)
  }

  async #configured({ content }: StoredManifest, call: RegistryCall): Promise<number | undefined> {
    if (isIndex(content) || !isImage(content)) return undefined
    return parseDate((await readable(() => readImageConfig(this.#registry, this.#repository, content, call)))?.created)
  }
}

async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isUnreadable(error) || (error instanceof RegistryError && error.code === 'NOT_FOUND')) return undefined
    throw error
  }
}

/** The bases in the record of a check. */
export function checkedBases({ content }: StoredManifest): readonly Digest[] {
  return isIndex(content) ? content.manifests.map(({ digest }) => digest) : []
}

function newest(dates: readonly (number | undefined)[]): number | undefined {
  const known = dates.filter((date) => date !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
