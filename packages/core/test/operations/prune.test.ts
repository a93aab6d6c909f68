import { type Fault, startFaultProxy } from '../registry/fault-proxy.js'
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

/** One behind a proxy that decides on deletions. */
async function startBehind(decide: (url: string, path: string) => Promise<Fault | undefined>): Promise<PruneSubject> {
  const registry = await start()
  const proxy = await startFaultProxy(registry.host)
  proxy.plan(async ({ method, path }) => (method === 'DELETE' ? decide(registry.url, path) : undefined))
  return {
    ...registry,
    host: proxy.host,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    },
  }
}

async function digestAt(url: string): Promise<string> {
  const { headers } = await fetch(url, { method: 'HEAD' })
  return headers.get('docker-content-digest') ?? ''
}

/** One that takes the deletion of a tag for that of its manifest, with all tags of it. */
function startRash(): Promise<PruneSubject> {
  return startBehind(async (url, path) => {
    if (path.includes('sha256:')) return undefined
    return { kind: 'redirect', path: path.replace(/[^/]+$/, await digestAt(`${url}${path}`)) }
  })
}

/** One that deletes no manifest which has a tag, as Artifact Registry. */
function startStrict(): Promise<PruneSubject> {
  const body = JSON.stringify({
    errors: [{ code: 'GOOGLE_MANIFEST_DANGLING_TAG', message: 'still referenced by tag' }],
  })
  return startBehind(async (url, path) => {
    const [, repository = '', digest] = /^(.*)\/manifests\/(sha256:.*)$/.exec(path) ?? []
    if (digest === undefined) return undefined
    const list = await fetch(`${url}${repository}/tags/list`)
    const { tags } = (await list.json()) as { readonly tags: readonly string[] }
    const digests = await Promise.all(tags.map((tag) => digestAt(`${url}${repository}/manifests/${tag}`)))
    return digests.includes(digest) ? { kind: 'answer', status: 400, body } : undefined
  })
}

pruneContract('the embedded registry', 'tags', start)
pruneContract('a registry that deletes a manifest with any tag of it', 'manifests', startRash)
pruneContract('a registry that deletes no manifest which has a tag', 'tags', startStrict)
