import { Readable } from 'node:stream'
import type { Header } from 'tar-stream'
import { eachImageEntry, type PlacedImage } from '../../image-files/image-entries.js'
import { MergedLayers } from '../../image-files/merged-layers.js'
import type { Registry, RegistryCall } from '../../registry/port.js'

/** Prefix of extended attributes in a tar archive. */
const XATTR = 'SCHILY.xattr.'

/** Receives the entries of a root file system, in order. */
export type EntrySink = (header: Header, content: Readable) => Promise<void>

/**
 * Sends the root file system of an image to a sink: directories first, then each file, with its hard links after it.
 * The layers are read twice: the entries of the image are known only after the last layer.
 *
 * @throws RegistryError MANIFEST_UNSUPPORTED for a layer that cannot be read; CancelledError
 */
export async function readRootFiles(
  image: PlacedImage,
  sink: EntrySink,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const merged = new MergedLayers()
  await eachImageEntry(image, registry, call, async (header, content, layer, entry) => {
    content.resume()
    requireExactName(header)
    merged.add(header, layer, entry)
  })
  for (const [name, header] of merged.directories()) {
    if (name !== '') await sink(headerOf(header, { name: `${name}/` }), emptyContent())
  }
  await eachImageEntry(image, registry, call, async (_header, content, layer, entry) => {
    const file = merged.fileAt(layer, entry)
    const [first, ...others] = file?.paths ?? []
    if (file === undefined || first === undefined) return void content.resume()
    await sink(headerOf(file.header, { name: first }), content)
    for (const name of others) {
      await sink(headerOf(file.header, { name, type: 'link', linkname: first, size: 0 }), emptyContent())
    }
  })
}

/** Names must be exact, but tar-stream replaces bytes that are not UTF-8. */
function requireExactName({ name, linkname }: Header): void {
  if (name.split('/').includes('..')) throw new Error(`path '${name}' is outside of the directory`)
  if (`${name}${linkname ?? ''}`.includes('\uFFFD')) throw new Error(`name '${name}' is not UTF-8`)
}

/** A header with other fields. Of extended fields, which would override these, only extended attributes are kept. */
function headerOf(header: Header, changes: Partial<Header>): Header {
  const { pax = {}, ...rest } = header as Header & { readonly pax?: Readonly<Record<string, string>> | null }
  const kept = Object.entries(pax ?? {}).filter(([name]) => name.startsWith(XATTR))
  return { ...rest, ...changes, ...(kept.length > 0 && { pax: Object.fromEntries(kept) }) }
}

function emptyContent(): Readable {
  return Readable.from([])
}
