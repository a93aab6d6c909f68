import type { CacheDefinition } from '../../definition/declare/cache-options.js'
import { contentSize } from '../../layout/layout-content.js'
import { hasName, makeLayout, nameEntry, readLayoutIndex } from '../../layout/layout-index.js'
import { type Digest, digestOf, hexOf, isDigest } from '../../model/digest.js'
import { DefinitionError, EngineError, PolyarchError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import type { Descriptor } from '../../model/oci.js'
import { parseDescriptor } from '../../registry/manifests/descriptor-schema.js'
import type { ContentStore } from '../buildkit/session/content/content-store.js'
import type { BuildRequest } from '../port.js'
import { layoutStore, writableLayoutStore } from './layout-store.js'

/** The type of caches that are image layouts in directories of this machine. */
const LOCAL = 'local'

/** Key of BuildKit's cache exporter for the descriptor of the cache's manifest, as JSON. */
const MANIFEST = 'cache.manifest'

/** The default name of a cache in the index of its directory. */
const DEFAULT_TAG = 'latest'

/** The caches of a build, with those in directories served by its session. */
export interface ServedCaches {
  readonly cacheFrom: readonly CacheDefinition[]
  readonly cacheTo: readonly CacheDefinition[]
  /** Names exported caches in their directories, once the build has ended. @param exported - what BuildKit reported */
  finish(exported: Readonly<Record<string, string>>): Promise<void>
}

/**
 * Serves the caches of type `local`: BuildKit reads and writes them by a store of the session, which it names by `src`
 * or `dest`. A missing cache is omitted, as docker does.
 *
 * @param stores - receives the directories, under ids without their paths
 * @throws HostError DIRECTORY_IN_USE; RegistryError MANIFEST_UNSUPPORTED
 */
export async function serveLocalCaches(
  { cacheFrom = [], cacheTo = [] }: Pick<BuildRequest, 'cacheFrom' | 'cacheTo'>,
  stores: Map<string, ContentStore>,
): Promise<ServedCaches> {
  const exports = await Promise.all(cacheTo.map((cache) => serveExport(cache, stores)))
  const imports = await Promise.all(cacheFrom.map((cache) => serveImport(cache, stores)))
  return {
    cacheFrom: imports.flatMap((cache) => cache ?? []),
    cacheTo: exports,
    async finish({ [MANIFEST]: text }) {
      // A result without a layer has no cache.
      if (text === undefined) return
      const manifest = manifestDescriptor(text)
      for (const { type, attributes } of cacheTo) {
        if (type === LOCAL) await nameCache(attributes, manifest)
      }
    },
  }
}

async function serveExport(cache: CacheDefinition, stores: Map<string, ContentStore>): Promise<CacheDefinition> {
  const { dest } = cache.attributes
  if (cache.type !== LOCAL || dest === undefined) return cache
  await makeDirectory(dest)
  const id = idOf(dest)
  stores.set(`${LOCAL}:${id}`, writableLayoutStore(dest))
  return { type: LOCAL, attributes: { ...cache.attributes, dest: id } }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await makeLayout(directory)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof PolyarchError || code === undefined) throw error
    const message = `directory '${directory}' cannot be written: ${code}`
    throw new DefinitionError([{ path: 'build.cacheTo', message, hint: 'use another directory as dest' }])
  }
}

/** @throws EngineError BUILD_FAILED if the reported manifest is that of another cache */
async function nameCache({ dest = '', tag }: CacheDefinition['attributes'], manifest: Descriptor): Promise<void> {
  if ((await contentSize(dest, manifest.digest)) === undefined) {
    const message = `the builder exported several caches and reported a manifest that is not in '${dest}'`
    throw new EngineError('BUILD_FAILED', message, { hint: 'export one cache per build' })
  }
  await nameEntry(dest, tag || DEFAULT_TAG, manifest)
}

async function serveImport(
  cache: CacheDefinition,
  stores: Map<string, ContentStore>,
): Promise<CacheDefinition | undefined> {
  const { src } = cache.attributes
  if (cache.type !== LOCAL || src === undefined) return cache
  const digest = await importedDigest(src, cache.attributes)
  const store = layoutStore(src)
  if (digest === undefined || (await store.size(digest)) === undefined) return undefined
  const id = idOf(src)
  const key = `${LOCAL}:${id}`
  // Several builds of the session may read and write a directory.
  if (!stores.has(key)) stores.set(key, store)
  return { type: LOCAL, attributes: { ...cache.attributes, src: id, digest } }
}

async function importedDigest(
  directory: string,
  { digest, tag }: CacheDefinition['attributes'],
): Promise<Digest | undefined> {
  if (digest) return isDigest(digest) ? digest : undefined
  const index = await readLayoutIndex(directory)
  return index.manifests.find((entry) => hasName(entry, tag || DEFAULT_TAG))?.digest
}

/** Equal for equal directories, so that steps with the name stay cached. */
function idOf(directory: string): string {
  return hexOf(digestOf(directory))
}

/** @throws EngineError ENGINE_REJECTED if the builder did not report a descriptor */
function manifestDescriptor(text: string): Descriptor {
  try {
    const { mediaType, digest, size } = parseDescriptor(parseJson(text), `'${MANIFEST}'`, MANIFEST)
    return { mediaType, digest, size }
  } catch (cause) {
    throw new EngineError('ENGINE_REJECTED', 'the builder exported a cache and reported no manifest of it', { cause })
  }
}
