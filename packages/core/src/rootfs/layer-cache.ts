import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import writeFileAtomic from 'write-file-atomic'
import { removeStaleDrafts } from '../host/stale-drafts.js'
import { type Digest, isDigest } from '../model/digest.js'
import { parseJson } from '../model/json.js'
import { isJsonObject, textOf } from '../model/json-fields.js'
import { canonicalJson, MEDIA_TYPES } from '../model/oci.js'
import type { RootfsLayer } from './port.js'

/** Record of a stored layer. */
export interface LayerRecord {
  readonly digest: Digest
  readonly diffId: Digest
  readonly size: number
}

/** Version of the records. It is raised when equal inputs give other bytes, with that of keys. */
const VERSION = 2

/**
 * Layers on disk by digest, with a record under the hash of their inputs. Runs share them. A run that makes other bytes
 * from equal inputs, such as with another gzip, does not affect layers that are being read.
 */
export class LayerCache {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = join(directory, 'rootfs')
  }

  /** The layer made from these inputs; undefined if there is none, or it is damaged. */
  async find(inputs: unknown): Promise<RootfsLayer | undefined> {
    const known = await readRecord(this.#recordOf(inputs))
    if (known === undefined) return undefined
    const layer = this.#layerOf(known)
    return (await digestFile(layer)) === known.digest ? asLayer(layer, known) : undefined
  }

  /**
   * Compresses a tar into the cache. The record is written last, so a partial layer of a killed process is not used.
   *
   * @param fill - writes the tar into the given function, which returns the layer's record once the tar has ended
   */
  async add(
    inputs: unknown,
    fill: (store: (tar: Readable) => Promise<LayerRecord>) => Promise<LayerRecord>,
    signal?: AbortSignal,
  ): Promise<RootfsLayer> {
    const draft = join(this.#directory, randomUUID())
    await mkdir(this.#directory, { recursive: true })
    await removeStaleDrafts(this.#directory)
    try {
      // Opened first: a stream that is destroyed while opening would create the file after its removal.
      await using file = await open(draft, 'wx')
      const made = await fill((tar) => compress(tar, file, signal))
      const layer = this.#layerOf(made)
      await rename(draft, layer)
      await writeFileAtomic(this.#recordOf(inputs), JSON.stringify(made))
      return asLayer(layer, made)
    } finally {
      await rm(draft, { force: true })
    }
  }

  #recordOf(inputs: unknown): string {
    const key = createHash('sha256')
      .update(canonicalJson({ inputs, version: VERSION }))
      .digest('hex')
    return join(this.#directory, `${key}.json`)
  }

  #layerOf({ digest }: LayerRecord): string {
    return join(this.#directory, `${digest.slice(digest.indexOf(':') + 1)}.tar.gz`)
  }
}

async function compress(tar: Readable, file: FileHandle, signal: AbortSignal | undefined): Promise<LayerRecord> {
  const whole = createHash('sha256')
  const compressed = createHash('sha256')
  let size = 0
  await pipeline(
    tar,
    tap((chunk) => whole.update(chunk)),
    createGzip(),
    tap((chunk) => {
      compressed.update(chunk)
      size += chunk.length
    }),
    file.createWriteStream(),
    { ...(signal && { signal }) },
  )
  const digest = `sha256:${compressed.digest('hex')}` as Digest
  return { digest, diffId: `sha256:${whole.digest('hex')}` as Digest, size }
}

function tap(see: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      see(chunk)
      done(null, chunk)
    },
  })
}

function asLayer(file: string, { digest, diffId, size }: LayerRecord): RootfsLayer {
  const open = (offset = 0) => createReadStream(file, { start: offset })
  return { blob: { descriptor: { digest, size }, open }, mediaType: MEDIA_TYPES.ociLayerGzip, diffId }
}

async function readRecord(file: string): Promise<LayerRecord | undefined> {
  try {
    return parseLayerRecord(await readFile(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Reads the text of a record; undefined if a field is missing. @throws SyntaxError */
export function parseLayerRecord(text: string): LayerRecord | undefined {
  const value = parseJson(text)
  if (!isJsonObject(value)) return undefined
  const [digest, diffId] = [textOf(value['digest']), textOf(value['diffId'])]
  const { size } = value
  if (digest === undefined || diffId === undefined || !Number.isSafeInteger(size)) return undefined
  return isDigest(digest) && isDigest(diffId) ? { digest, diffId, size: Number(size) } : undefined
}

async function digestFile(file: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(file), hash)
    return `sha256:${hash.digest('hex')}`
  } catch {
    return undefined
  }
}
