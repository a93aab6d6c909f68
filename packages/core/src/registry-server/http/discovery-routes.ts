import type { Digest } from '../../model/digest.js'
import { LIMITS } from '../../model/limits.js'
import { MEDIA_TYPES } from '../../model/oci.js'
import { ProtocolError } from '../protocol-error.js'
import type { Store } from '../store/store.js'
import type { Exchange } from './exchange.js'

/**
 * `GET` of the tags of a repository, in the specification's order and by pages.
 *
 * @throws ProtocolError NAME_UNKNOWN
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-tags
 */
export async function listTags(store: Store, exchange: Exchange, name: string): Promise<void> {
  const record = store.records.get(name)
  if (record === undefined) throw new ProtocolError(404, 'NAME_UNKNOWN', `repository ${name} does not exist`)
  const [n, last] = [exchange.query.get('n'), exchange.query.get('last')]
  const limit = n === null ? Number.POSITIVE_INFINITY : parseCount(n)
  const rest = [...record.tags.keys()].sort(compareTags).filter((tag) => last === null || compareTags(last, tag) < 0)
  const tags = rest.slice(0, limit)
  const end = tags.at(-1)
  const hasMore = end !== undefined && tags.length < rest.length
  const next = hasMore && `</v2/${name}/tags/list?n=${limit}&last=${end}>; rel="next"`
  await exchange.answerJson({ name, tags }, next ? { link: next } : {})
}

function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new ProtocolError(400, 'UNSUPPORTED', 'n is not a number')
}

/** Case-insensitive, then by code unit, so that pages neither repeat nor miss a tag. */
function compareTags(a: string, b: string): number {
  return compareText(a.toLowerCase(), b.toLowerCase()) || compareText(a, b)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** The fields of a manifest that its referrer's descriptor repeats. */
interface Referring {
  readonly artifactType?: string
  readonly config?: { readonly mediaType: string }
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * `GET` of the manifests that name a digest as their subject, whether it exists or not. The size of a page is limited
 * to that of a manifest.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers
 */
export async function listReferrers(store: Store, exchange: Exchange, name: string, subject: Digest): Promise<void> {
  const [requested, last] = [exchange.query.get('artifactType'), exchange.query.get('last')]
  const stored = [...(store.records.get(name)?.manifests ?? [])].filter(([, manifest]) => manifest.subject === subject)
  const digests = stored.map(([digest]) => digest).sort(compareText)
  const rest = digests.filter((digest) => last === null || compareText(last, digest) < 0)
  const manifests: object[] = []
  let next: Digest | undefined
  let size = 0
  for (const digest of rest) {
    const [found] = await describe(store, name, digest)
    if (found !== undefined && (requested === null || found.artifactType === requested)) {
      manifests.push(found)
      size += JSON.stringify(found).length
    }
    if (size <= LIMITS.manifest || digest === rest.at(-1)) continue
    next = digest
    break
  }
  const headers = requested === null ? {} : { 'oci-filters-applied': 'artifactType' }
  const query = new URLSearchParams({
    ...(requested !== null && { artifactType: requested }),
    ...(next && { last: next }),
  })
  const link = next && { link: `</v2/${name}/referrers/${subject}?${query}>; rel="next"` }
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests }
  await exchange.answerJson(index, { 'content-type': MEDIA_TYPES.ociIndex, ...headers, ...link })
}

async function describe(store: Store, name: string, digest: Digest) {
  const manifest = await store.readManifest(name, digest)
  if (manifest === undefined) return []
  const { artifactType, config, annotations } = JSON.parse(Buffer.from(manifest.bytes).toString()) as Referring
  const type = artifactType || config?.mediaType
  return [
    {
      mediaType: manifest.mediaType,
      digest,
      size: manifest.size,
      ...(type !== undefined && { artifactType: type }),
      ...(annotations !== undefined && { annotations }),
    },
  ]
}
