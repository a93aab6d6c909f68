import { Readable } from 'node:stream'
import type { Registry } from '../../packages/core/src/registry/port.js'
import { tinyImage } from '../../test/support/tiny-image.js'

type Method = 'resolve' | 'getManifest' | 'readBlob' | 'listReferrers'

/** A registry that answers from memory, and counts what it answers. */
export interface MemoryRegistry {
  readonly registry: Registry
  /** The base image of each architecture, by digest. */
  readonly bases: ReadonlyMap<string, string>
  /** Makes all requests again that were made until now; what that takes is not the planner's. */
  repeat(): Promise<number>
}

/** Has the bases and nothing else. */
export async function memoryRegistry(
  platforms: readonly { readonly os: string; readonly architecture: string; readonly variant?: string }[],
): Promise<MemoryRegistry> {
  const images = await Promise.all(platforms.map((platform) => tinyImage({ platform })))
  const manifests = new Map(images.map(({ manifest }) => [manifest.descriptor.digest as string, manifest]))
  const blobs = new Map(
    images.flatMap(({ config, layer }) => [config, layer]).map((one) => [one.descriptor.digest as string, one]),
  )
  const find = (reference: { readonly repository: string; readonly digest?: string | undefined }) =>
    reference.repository === 'base' ? manifests.get(reference.digest ?? '') : undefined
  const answers = {
    resolve: async (reference: Parameters<typeof find>[0]) => find(reference)?.descriptor,
    getManifest: async (reference: Parameters<typeof find>[0]) => find(reference),
    readBlob: async (_at: unknown, { digest }: { readonly digest: string }) =>
      Readable.from([blobs.get(digest)?.bytes ?? Buffer.alloc(0)]),
    listReferrers: async () => [],
  } as Pick<Registry, Method>
  const requests: (() => Promise<unknown>)[] = []
  const counted = <M extends Method>(method: M) =>
    (async (...given: Parameters<Registry[M]>) => {
      const request = () => (answers[method] as (...same: typeof given) => Promise<unknown>)(...given)
      requests.push(request)
      return request()
    }) as Registry[M]
  const registry = {
    resolve: counted('resolve'),
    getManifest: counted('getManifest'),
    readBlob: counted('readBlob'),
    listReferrers: counted('listReferrers'),
  } as Registry
  const bases = new Map(
    images.map(({ platform: { architecture }, manifest }) => [
      architecture,
      `registry.example.com/base@${manifest.descriptor.digest}`,
    ]),
  )
  return {
    registry,
    bases,
    async repeat() {
      const all = requests.splice(0)
      for (const request of all) await request()
      return all.length
    },
  }
}
