import type { Duplex, Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import { CancelledError, PolyarchError } from '../model/errors.js'
import type { CodeCheck } from '../model/events.js'
import { type Descriptor, type ImageConfig, type ImageManifest, isForeign } from '../model/oci.js'
import { formatPlatform, type Platform } from '../model/platform.js'
import { type Repository, repositoryOf } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { describeCode, isCodeFor } from './code.js'
import { type Executable, FileTree } from './file-tree.js'
import { type LayerFiles, readLayerFiles } from './layer-files.js'

/** Reads the machine code of images; each layer once, however many images of a run have it. */
export interface CodeReader {
  /** Compares the machine code of an image with a platform. Throws only where reading from the registry does. */
  check(image: ImageToCheck, platform: Platform, registry: Registry, call: RegistryCall): Promise<CodeCheck>
}

/** An image whose layers are in a repository, its manifest not necessarily. */
export interface ImageToCheck {
  readonly repository: Repository
  readonly manifest: Pick<ImageManifest, 'layers'>
  readonly config: ImageConfig
}

/** Starts with nothing read. */
export function createCodeReader(): CodeReader {
  const read = new Map<string, Promise<LayerFiles | Unreadable>>()
  return {
    async check({ repository, manifest, config }, platform, registry, call) {
      if (platform.os !== 'linux') return unknown(`machine code of ${platform.os} is not read`)
      const layers: LayerFiles[] = []
      // One after the other: what is in memory at a time stays small, and the registry is not flooded.
      for (const layer of manifest.layers) {
        const files = await once(layer, () => openLayer(registry, repository, layer, call))
        if ('because' in files) return unknown(files.because)
        layers.push(files)
      }
      return judge(new FileTree(layers), config, platform)
    },
  }

  function once(
    { digest }: Descriptor,
    open: () => Promise<LayerFiles | Unreadable>,
  ): Promise<LayerFiles | Unreadable> {
    const known = read.get(digest)
    if (known !== undefined) return known
    const reading = open()
    read.set(digest, reading)
    // What failed, or was cancelled, for one image is tried again for the next.
    reading.catch(() => read.delete(digest))
    return reading
  }
}

interface Unreadable {
  readonly because: string
}

async function openLayer(
  registry: Registry,
  repository: Repository,
  layer: Descriptor,
  call: RegistryCall,
): Promise<LayerFiles | Unreadable> {
  if (isForeign(layer)) return { because: `layer ${layer.digest} is not in the registry` }
  const unpack = decompressor(layer.mediaType)
  if (unpack === 'missing') return { because: 'a layer is compressed with zstd, which takes Node.js 22.15 to read' }
  const blob = await registry.readBlob(repositoryOf(repository), layer, call)
  try {
    return await readLayerFiles(unpack === undefined ? blob : chain(blob, unpack))
  } catch (error) {
    if (error instanceof PolyarchError) throw error
    if (call.signal?.aborted) throw new CancelledError(call.signal.reason)
    return {
      because: `layer ${layer.digest} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    }
  } finally {
    blob.destroy()
  }
}

function decompressor(mediaType: string): Duplex | undefined | 'missing' {
  if (/[.+]gzip$/.test(mediaType)) return zlib.createGunzip()
  if (!/[.+]zstd$/.test(mediaType)) return undefined
  // Node.js 20, which is supported too, has none.
  const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: () => Duplex }
  return createZstdDecompress?.() ?? 'missing'
}

/** Unlike `pipe` alone, passes on errors: a blob that does not match its digest fails at its end. */
function chain(blob: Readable, unpack: Duplex): Readable {
  blob.once('error', (error) => unpack.destroy(error))
  return blob.pipe(unpack)
}

/** The shell decides; without one, the dynamic loader; without either, any executable, that of the image's command first. */
function judge(tree: FileTree, config: ImageConfig, platform: Platform): CodeCheck {
  const [decisive] = [SHELL, ...LOADERS].flatMap((path) => tree.executable(path) ?? [])
  if (decisive !== undefined) return verdictOn(decisive, platform)
  const command = commandOf(tree, config)
  if (command !== undefined) return verdictOn(command, platform)
  let first: CodeCheck | undefined
  for (const one of tree.executables()) {
    const verdict = verdictOn(one, platform)
    if (verdict.verdict === 'match') return verdict
    first ??= verdict
  }
  return first ?? unknown('the image has no executable with machine code')
}

const SHELL = 'bin/sh'

/** Of glibc and musl. @see https://sourceware.org/glibc/wiki/ABIList */
const LOADERS: readonly string[] = [
  ...['lib64/ld-linux-x86-64.so.2', 'lib/ld-linux-aarch64.so.1', 'lib/ld-linux-armhf.so.3', 'lib/ld-linux.so.3'],
  ...['lib/ld-linux.so.2', 'lib64/ld64.so.2', 'lib/ld64.so.1', 'lib/ld-linux-riscv64-lp64d.so.1', 'lib/ld.so.1'],
  ...['x86_64', 'aarch64', 'armhf', 'arm', 'i386', 'powerpc64le', 's390x', 'riscv64'].map(
    (word) => `lib/ld-musl-${word}.so.1`,
  ),
]

/** What the image starts. */
function commandOf(tree: FileTree, { config }: ImageConfig): Executable | undefined {
  const [program] = [...(config?.Entrypoint ?? []), ...(config?.Cmd ?? [])]
  if (program === undefined) return undefined
  if (program.includes('/')) return tree.executable(program)
  const path = config?.Env?.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? ''
  return path
    .split(':')
    .map((directory) => tree.executable(`${directory}/${program}`))
    .find((one) => one !== undefined)
}

function verdictOn({ path, code }: Executable, platform: Platform): CodeCheck {
  const found = describeCode(code)
  const fits = isCodeFor(code, platform)
  if (fits !== undefined) return { verdict: fits ? 'match' : 'mismatch', path, found }
  return { ...unknown(`${path} does not tell which ${formatPlatform(platform)} it needs`), path, found }
}

function unknown(because: string): CodeCheck {
  return { verdict: 'unknown', because }
}
