import { startFaultProxy } from '../registry/fault-proxy.js'
import { testRegistry } from '../registry-server/test-registry.js'
import { type PruneSubject, pruneContract } from './prune-contract.js'

async function start(): Promise<PruneSubject> {
  const registry = await testRegistry()
  return {
    ...registry.server,
    deletions: async () => registry.requests.filter(({ method }) => method === 'DELETE').length,
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  }
}

/** One that takes the deletion of a tag for that of its manifest, with all tags of it. */
async function startRash(): Promise<PruneSubject> {
  const registry = await start()
  const proxy = await startFaultProxy(registry.host)
  proxy.plan(async ({ method, path }) => {
    if (method !== 'DELETE' || path.includes('sha256:')) return undefined
    const { headers } = await fetch(`${registry.url}${path}`, { method: 'HEAD' })
    const digest = headers.get('docker-content-digest') ?? ''
    return { kind: 'redirect', path: path.replace(/[^/]+$/, digest) }
  })
  return {
    ...registry,
    host: proxy.host,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    },
  }
}

pruneContract('the embedded registry', 'tags', start)
pruneContract('a registry that deletes a manifest with any tag of it', 'manifests', startRash)
