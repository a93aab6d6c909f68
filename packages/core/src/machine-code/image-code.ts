import { InFlight } from '../model/async/in-flight.js'
import { CancelledError, PolyarchError } from '../model/errors.js'
import { LIMITS } from '../model/limits.js'
import type { Descriptor, ImageConfig, ImageManifest } from '../model/oci.js'
import type { Platform } from '../model/platform.js'
import type { Repository } from '../model/reference.js'
import type { CodeCheck } from '../model/run/events.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { FileTree } from './file-tree.js'
import { checkImageCode, checkOwnLayers, type Unreadable, unknown } from './image-check.js'
import type { LayerFiles } from './layer-files.js'
import { openLayerTar } from './layer-tar.js'
import { TOO_MANY_FILES } from './too-many-files.js'

/** Reads the machine code of images; each layer is read once per run. */
export interface CodeReader {
  /** Compares the machine code of an image with a platform. Throws only the errors of reading from the registry. */
  check(image: ImageToCheck, platform: Platform, registry: Registry, call: RegistryCall): Promise<CodeCheck>
  /** Loads the reader of layers, which takes a while. */
  prepare(): void
}

const importReader = () => import('./layer-files.js')

/** An image whose layers are in a repository, its manifest not necessarily. */
export interface ImageToCheck {
  readonly repository: Repository
  readonly manifest: Pick<ImageManifest, 'layers'>
  readonly config: ImageConfig
  /** Config of the expected base, if that has been compared before: its layers are read again only for a command in them. */
  readonly checkedBase?: ImageConfig | undefined
}

/** Creates a reader for one run. */
export function createCodeReader(): CodeReader {
  const read = new Map<string, LayerFiles | Unreadable>()
  const inFlight = new InFlight<LayerFiles | Unreadable>()
  return {
    // If loading fails, the first check fails in the same way and reports it.
    prepare: () => void importReader().catch(() => {}),
    async check(image, platform, registry, call) {
      if (platform.os !== 'linux') return unknown(`machine code of ${platform.os} is not checked`)
      const own = layersOverBase(image)
      const overBase =
        own && checkOwnLayers(await readTree(own.layers), { config: image.config, base: own.base }, platform)
      return overBase ?? checkImageCode(await readTree(image.manifest.layers), image.config, platform)

      async function readTree(layers: readonly Descriptor[]): Promise<FileTree | Unreadable> {
        const files: LayerFiles[] = []
        let memory = 0
        // In sequence, to limit memory and concurrent requests.
        for (const layer of layers) {
          const found = await once(layer, call, () => openLayer(registry, image.repository, layer, call))
          if ('because' in found) return found
          memory += found.memory
          if (memory > LIMITS.imageFiles) return { because: `the image cannot be read: ${TOO_MANY_FILES}` }
          files.push(found)
        }
        return new FileTree(files)
      }
    },
  }

  /**
   * Shares the reading of a layer. After a failure or cancellation it is tried again for the next image, which may have
   * the layer in another repository.
   */
  function once(
    { digest }: Descriptor,
    { signal }: RegistryCall,
    open: () => Promise<LayerFiles | Unreadable>,
  ): Promise<LayerFiles | Unreadable> {
    return inFlight.share(digest, signal, async () => {
      const files = read.get(digest) ?? (await open())
      read.set(digest, files)
      return files
    })
  }
}

/**
 * Returns the checked base and the layers above it; undefined if the image does not have it. Layers are identified by
 * `diff_ids`, because an engine may compress them again when it pushes them.
 */
function layersOverBase({ manifest, config, checkedBase: base }: ImageToCheck) {
  const contents = config.rootfs?.diff_ids
  const expected = base?.rootfs?.diff_ids
  const hasBase = expected?.every((content, index) => content === contents?.[index])
  if (!base || !expected || !hasBase || contents?.length !== manifest.layers.length) return undefined
  return { base, layers: manifest.layers.slice(expected.length) }
}

async function openLayer(
  registry: Registry,
  repository: Repository,
  layer: Descriptor,
  call: RegistryCall,
): Promise<LayerFiles | Unreadable> {
  const tar = await openLayerTar(registry, repository, layer, call)
  if ('because' in tar) return tar
  const { readLayerFiles } = await importReader()
  try {
    return await readLayerFiles(tar)
  } catch (error) {
    if (error instanceof PolyarchError) throw error
    if (call.signal?.aborted) throw new CancelledError(call.signal.reason)
    return {
      because: `layer ${layer.digest} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    }
  } finally {
    tar.destroy()
  }
}
