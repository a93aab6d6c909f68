import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'

/** A registry of npm packages on loopback. */
export interface PackageRegistry extends AsyncDisposable {
  readonly url: string
}

interface Published {
  readonly manifest: { readonly name: string; readonly version: string }
  readonly bytes: Buffer
}

/** Serves tarballs of `npm pack` as if they were published. Packages that it does not have are not found. */
export async function startPackageRegistry(tarballs: readonly string[]): Promise<PackageRegistry> {
  const packages = new Map<string, Published>()
  for (const path of tarballs) {
    const bytes = await readFile(path)
    const manifest = await readManifest(bytes)
    packages.set(manifest.name, { manifest, bytes })
  }
  const server = createServer(({ url = '' }, response) => {
    const [, name = ''] = /^\/([^?]*?)(?:\.tgz)?(?:\?|$)/.exec(decodeURIComponent(url)) ?? []
    const found = packages.get(name)
    if (found === undefined) response.writeHead(404).end('{}')
    else if (/\.tgz$/.test(url)) response.end(found.bytes)
    else response.end(JSON.stringify(documentOf(found, address())))
  })
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: address(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** @see https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md */
function documentOf({ manifest, bytes }: Published, address: string): object {
  const { name, version } = manifest
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
  const dist = { tarball: `${address}/${name}.tgz`, integrity }
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }
}

async function readManifest(tarball: Buffer): Promise<Published['manifest']> {
  const archive = extract()
  archive.end(gunzipSync(tarball))
  for await (const entry of archive) {
    if (entry.header.name === 'package/package.json') return JSON.parse((await buffer(entry)).toString())
    entry.resume()
  }
  throw new Error('the tarball has no package.json')
}
