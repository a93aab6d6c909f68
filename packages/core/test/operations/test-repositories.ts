import { join } from 'node:path'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, type TinyImageOptions, tinyImage } from '../../../../test/support/tiny-image.js'
import type { Digest } from '../../src/model/digest.js'
import type { Descriptor, StoredManifest } from '../../src/model/oci.js'
import { startRegistry } from '../../src/registry-server/index.js'

/** A registry of one test file, with a new repository for each test. */
export interface TestRepositories extends AsyncDisposable {
  readonly host: string
  /** Makes a repository with images in it. */
  repositoryWith(images?: readonly TinyImage[]): Promise<TestRepository>
}

/** A repository of a test's own. */
export interface TestRepository {
  /** With the host. */
  readonly name: string
  readonly put: (manifest: StoredManifest, tag?: string) => Promise<unknown>
}

/** Starts a registry for a test file. */
export async function testRepositories(): Promise<TestRepositories> {
  await using cleanup = new Cleanup()
  const folder = cleanup.use(await tempFolder('repositories'))
  const server = cleanup.use(await startRegistry({ directory: join(folder.path, 'registry') }))
  let count = 0
  const ending = cleanup.move()
  return {
    host: server.host,
    async repositoryWith(images = []) {
      count += 1
      const repository = `team/app-${count}`
      const target = { url: server.url, repository }
      for (const image of images) await pushTinyImage(target, image)
      return { name: `${server.host}/${repository}`, put: (manifest, tag) => pushManifest(target, manifest, tag) }
    },
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}

let images = 0

/** An image that no other test has. */
export function uniqueImage(options: TinyImageOptions): Promise<TinyImage> {
  images += 1
  return tinyImage({ files: { 'etc/count': `${images}` }, ...options })
}

/** The digests of an index's entries, in their order. */
export function digestsOf(manifests: readonly Descriptor[]): readonly Digest[] {
  return manifests.map(({ digest }) => digest)
}
