import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** A manifest as a registry holds it. */
export interface StoredContent {
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Buffer
}

/** What some repositories hold, read by plain HTTP past all faults. Nothing of polyarch is used here. */
export interface RegistryState {
  /** By `repository:tag`. */
  readonly tags: ReadonlyMap<string, StoredContent>
  /** What is missing below a tag. */
  readonly missing: readonly string[]
}

interface Manifest {
  readonly manifests?: readonly { readonly digest: string }[]
  readonly config?: { readonly digest: string }
  readonly layers?: readonly { readonly digest: string }[]
}

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** Reads the tags of repositories, and checks all below them. */
export async function readState(
  upstream: string,
  repositories: readonly string[],
  authorization?: string,
): Promise<RegistryState> {
  const reader = new StateReader(upstream, authorization)
  try {
    for (const repository of repositories) await reader.read(repository)
    return reader
  } finally {
    reader.end()
  }
}

class StateReader implements RegistryState {
  readonly tags = new Map<string, StoredContent>()
  readonly missing: string[] = []
  readonly #checked = new Set<string>()
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 })

  constructor(
    readonly upstream: string,
    readonly authorization: string | undefined,
  ) {}

  end(): void {
    this.#agent.destroy()
  }

  async read(repository: string): Promise<void> {
    const list = await this.#send('GET', `/v2/${repository}/tags/list`)
    if (list.status === 404) return
    const { tags } = JSON.parse(list.body.toString()) as { readonly tags: readonly string[] | null }
    await Promise.all((tags ?? []).map((tag) => this.#readTag(repository, tag)))
  }

  async #readTag(repository: string, tag: string): Promise<void> {
    const found = await this.#manifest(repository, tag)
    if (found !== undefined) this.tags.set(`${repository}:${tag}`, found)
    else this.missing.push(`${repository}:${tag}`)
  }

  /** Reads a manifest and all below it. */
  async #manifest(repository: string, name: string): Promise<StoredContent | undefined> {
    const { status, body, headers } = await this.#send('GET', `/v2/${repository}/manifests/${name}`)
    if (status !== 200) return undefined
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
    const place = `${repository}@${digest}`
    if (!this.#checked.has(place)) {
      this.#checked.add(place)
      await this.#checkBelow(repository, JSON.parse(body.toString()) as Manifest)
    }
    return { digest, mediaType: headers['content-type'] ?? '', bytes: body }
  }

  async #checkBelow(repository: string, { manifests = [], config, layers = [] }: Manifest): Promise<void> {
    const blobs = [...(config ? [config] : []), ...layers]
    await Promise.all([
      ...manifests.map(async ({ digest }) => {
        const child = await this.#manifest(repository, digest)
        if (child?.digest !== digest) this.missing.push(`${repository}@${digest}`)
      }),
      ...blobs.map(({ digest }) => this.#checkBlob(repository, digest)),
    ])
  }

  async #checkBlob(repository: string, digest: string): Promise<void> {
    const place = `${repository} blob ${digest}`
    if (this.#checked.has(place)) return
    this.#checked.add(place)
    const { status } = await this.#send('HEAD', `/v2/${repository}/blobs/${digest}`)
    if (status !== 200) this.missing.push(place)
  }

  async #send(method: string, path: string) {
    const { authorization } = this
    const headers = { accept: ACCEPT, ...(authorization !== undefined && { authorization }) }
    const sent = request(`http://${this.upstream}${path}`, { method, headers, agent: this.#agent })
    sent.end()
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) }
  }
}
