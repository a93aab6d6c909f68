import { MEDIA_TYPES } from '../../packages/core/src/model/oci.js'
import type { ImageIndex, ImageManifest } from '../../packages/core/src/registry/index.js'

/** Tags of a repository, asked without polyarch; none where there is no repository. */
export async function tagsOf(url: string, repository: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/v2/${repository}/tags/list`)
  if (response.status === 404) return []
  const { tags } = (await response.json()) as { readonly tags: readonly string[] | null }
  return [...(tags ?? [])].sort()
}

/** Those of the tags that results are kept under; records of contexts have tags beside them. */
export async function keyTagsOf(url: string, repository: string): Promise<readonly string[]> {
  return (await tagsOf(url, repository)).filter((tag) => /^polyarch-[0-9a-f]{64}$/.test(tag))
}

/** Those of the tags that users give: without results, records of contexts and records of bases that were checked. */
export async function namesOf(url: string, repository: string): Promise<readonly string[]> {
  return (await tagsOf(url, repository)).filter((tag) => !tag.startsWith('polyarch-'))
}

/** What is missing below the tags of a repository: each manifest, config and layer that does not answer. */
export async function missingBelow(url: string, repository: string): Promise<readonly string[]> {
  const tags = await tagsOf(url, repository)
  return (await Promise.all(tags.map((tag) => missingOf(url, repository, tag)))).flat()
}

const ACCEPT = [
  MEDIA_TYPES.ociIndex,
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.dockerManifestList,
  MEDIA_TYPES.dockerManifest,
]

async function missingOf(url: string, repository: string, reference: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/v2/${repository}/manifests/${reference}`, {
    headers: { accept: ACCEPT.join(', ') },
  })
  if (!response.ok) return [`manifest ${reference}`]
  const manifest = (await response.json()) as ImageIndex | ImageManifest
  if ('manifests' in manifest) {
    return (await Promise.all(manifest.manifests.map(({ digest }) => missingOf(url, repository, digest)))).flat()
  }
  const blobs = [manifest.config, ...manifest.layers].map(({ digest }) => digest)
  const answers = await Promise.all(
    blobs.map((digest) => fetch(`${url}/v2/${repository}/blobs/${digest}`, { method: 'HEAD' })),
  )
  return blobs.filter((_, at) => !answers[at]?.ok).map((digest) => `blob ${digest}`)
}
