import type { StoredManifest } from '../../packages/core/src/model/oci.js'
import type { TinyBlob, TinyImage } from './tiny-image.js'

/** A repository of a registry, addressed without polyarch's own client, so that it can be tested against it. */
export interface PushTarget {
  /** `http://127.0.0.1:40123`. */
  readonly url: string
  readonly repository: string
  readonly login?: { readonly username: string; readonly password: string } | undefined
}

/** Puts an image into a registry, under a tag or else under its digest. Open registries and those with Basic logins. */
export async function pushTinyImage(target: PushTarget, image: TinyImage, tag?: string): Promise<void> {
  await pushBlob(target, image.layer)
  await pushBlob(target, image.config)
  await pushManifest(target, image.manifest, tag)
}

/** Puts a manifest or index into a registry; what it refers to must be there. */
export async function pushManifest(target: PushTarget, manifest: StoredManifest, tag?: string): Promise<void> {
  const { mediaType, digest } = manifest.descriptor
  const url = `${target.url}/v2/${target.repository}/manifests/${tag ?? digest}`
  await send(target, url, { method: 'PUT', body: manifest.bytes, headers: { 'content-type': mediaType } }, 201)
}

/** Puts a blob into a registry. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#post-then-put */
export async function pushBlob(target: PushTarget, { descriptor, bytes }: TinyBlob): Promise<void> {
  const uploads = `${target.url}/v2/${target.repository}/blobs/uploads/`
  const started = await send(target, uploads, { method: 'POST' }, 202)
  const place = new URL(started.headers.get('location') ?? '', uploads)
  place.searchParams.set('digest', descriptor.digest)
  const headers = { 'content-type': 'application/octet-stream' }
  await send(target, place.href, { method: 'PUT', body: bytes, headers }, 201)
}

async function send(
  { login }: PushTarget,
  url: string,
  request: { method: string; body?: Uint8Array; headers?: Record<string, string> },
  expected: number,
): Promise<Response> {
  const basic = login && Buffer.from(`${login.username}:${login.password}`).toString('base64')
  const headers = { ...request.headers, ...(basic !== undefined && { authorization: `Basic ${basic}` }) }
  const response = await fetch(url, { ...request, headers })
  const text = await response.text()
  if (response.status !== expected) throw new Error(`${request.method} ${url}: ${response.status} ${text}`)
  return response
}
