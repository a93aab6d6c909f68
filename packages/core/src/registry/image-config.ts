import { RegistryError } from '../model/errors.js'
import { parseJson } from '../model/json.js'
import { LIMITS } from '../model/limits.js'
import { type ImageConfig, type ImageManifest, MEDIA_TYPES } from '../model/oci.js'
import { normalizePlatform, type Platform } from '../model/platform.js'
import { formatRepository, type Repository, repositoryOf } from '../model/reference.js'
import type { Registry, RegistryCall } from './port.js'

/** Returns the platform that a config states, in normal form; undefined if it states none. */
export function statedPlatform({ os, architecture, variant }: ImageConfig): Platform | undefined {
  if (!os || !architecture) return undefined
  return normalizePlatform({ os, architecture, ...(variant !== undefined && { variant }) })
}

/** Artifacts have configs without a platform. */
const IMAGE_CONFIGS: ReadonlySet<string> = new Set([MEDIA_TYPES.ociConfig, MEDIA_TYPES.dockerConfig])

/** Whether a manifest belongs to an image: its config states a platform. */
export function isImage({ config }: Pick<ImageManifest, 'config'>): boolean {
  return IMAGE_CONFIGS.has(config.mediaType)
}

/**
 * Reads the config of an image, checked against its digest. The platform is not normalised.
 *
 * @throws RegistryError NOT_FOUND, DIGEST_MISMATCH; MANIFEST_UNSUPPORTED if it is no config.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md
 */
export async function readImageConfig(
  registry: Registry,
  repository: Repository,
  { config }: Pick<ImageManifest, 'config'>,
  call?: RegistryCall,
): Promise<ImageConfig> {
  const where = `config ${config.digest} of ${formatRepository(repository)}`
  if (config.size > LIMITS.imageConfig) throw unsupported(where, `it has ${config.size} bytes`)
  const content = await registry.readBlob(repositoryOf(repository), config, call)
  return parseImageConfig(Buffer.concat(await content.toArray()), where)
}

/**
 * Reads the bytes of an image's config.
 *
 * @param where - What it is, for messages.
 * @throws RegistryError MANIFEST_UNSUPPORTED
 */
export function parseImageConfig(bytes: Uint8Array, where: string): ImageConfig {
  let json: unknown
  try {
    json = parseJson(Buffer.from(bytes).toString())
  } catch {
    throw unsupported(where, 'it is not JSON')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw unsupported(where, 'it is not an object')
  const config = json as Record<string, unknown>
  const invalid = ['os', 'architecture', 'variant'].find(
    (name) => !['string', 'undefined'].includes(typeof config[name]),
  )
  if (invalid !== undefined) throw unsupported(where, `its '${invalid}' is not a string`)
  checkRunConfig(config['config'], where)
  return config as ImageConfig
}

/** Engines write `null` if a field has no value. */
function checkRunConfig(value: unknown, where: string): void {
  if (value === undefined || value === null) return
  if (typeof value !== 'object' || Array.isArray(value)) throw unsupported(where, "its 'config' is not an object")
  const fields = new Map<string, unknown>(Object.entries(value))
  const invalid = ['Entrypoint', 'Cmd', 'Env', 'OnBuild'].find((name) => !isTextList(fields.get(name) ?? []))
  if (invalid !== undefined) throw unsupported(where, `its '${invalid}' is not a list of strings`)
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function unsupported(where: string, why: string): RegistryError {
  return new RegistryError('MANIFEST_UNSUPPORTED', `${where} cannot be read: ${why}`)
}
