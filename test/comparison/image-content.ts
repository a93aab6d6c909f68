import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { digestOf } from '../../packages/core/src/model/digest.js'
import { type ImageConfig, type ImageManifest, MEDIA_TYPES } from '../../packages/core/src/model/oci.js'

/** What two builds of the same have in common. */
export interface ImageContent {
  readonly config: unknown
  /** What the steps did, without those of the base. */
  readonly history: readonly unknown[]
  /** The entries of each layer, without that of the base, by path. */
  readonly layers: readonly Readonly<Record<string, string>>[]
}

const ACCEPT = [
  MEDIA_TYPES.ociIndex,
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.dockerManifestList,
  MEDIA_TYPES.dockerManifest,
].join(', ')

/** Reads an image from a registry without a login, without polyarch. An index has one image. */
export async function imageContent(repository: string, tag: string): Promise<ImageContent> {
  const { config, layers } = await readManifest(repository, tag)
  const image = JSON.parse((await readBlob(repository, config.digest)).toString()) as ImageConfig
  const [, ...own] = layers
  return {
    config: image.config,
    history: (image.history ?? []).slice(1).map(({ created_by, empty_layer }) => [created_by, empty_layer]),
    layers: await Promise.all(own.map(async ({ digest }) => entriesOf(await readBlob(repository, digest)))),
  }
}

async function readManifest(repository: string, reference: string): Promise<ImageManifest> {
  const response = await fetch(`${repository}/manifests/${reference}`, { headers: { accept: ACCEPT } })
  const content = (await response.json()) as ImageManifest & { manifests?: readonly { digest: string }[] }
  const [child] = content.manifests ?? []
  return child === undefined ? content : readManifest(repository, child.digest)
}

async function readBlob(repository: string, digest: string): Promise<Buffer> {
  const response = await fetch(`${repository}/blobs/${digest}`)
  if (!response.ok) throw new Error(`${repository} has no blob ${digest}`)
  return Buffer.from(await response.arrayBuffer())
}

/** A date counts where the build took it from somewhere: what it made itself is of today. */
async function entriesOf(layer: Buffer): Promise<Readonly<Record<string, string>>> {
  const reader = extract({ filenameEncoding: 'latin1' } as Parameters<typeof extract>[0])
  const entries: Record<string, string> = {}
  reader.end(gunzipSync(layer))
  for await (const entry of reader) {
    const { name, type, mode = 0, uid, gid, mtime, linkname, pax } = entry.header
    const content = await buffer(entry)
    const isOfToday = mtime !== undefined && Math.abs(mtime.getTime() - Date.now()) < 24 * 3600 * 1000
    const date = isOfToday ? 'today' : mtime?.toISOString()
    const what = content.byteLength > 0 ? digestOf(content) : ''
    const attributes = Object.keys(pax ?? {}).filter((key) => key.startsWith('SCHILY.xattr.'))
    const columns = [type, (mode & 0o7777).toString(8), uid, gid, date, linkname ?? '', what, ...attributes]
    entries[name] = columns.join(' ')
  }
  return entries
}
