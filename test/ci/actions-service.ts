import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** The services of GitHub that an action calls: comments of pull requests, and artifacts. */
export interface ActionsService extends AsyncDisposable {
  readonly url: string
  /** The bodies of the comments, as they are now. */
  readonly comments: string[]
  /** Names of finished artifacts with their bytes. */
  readonly artifacts: Map<string, Buffer>
  /** The variables that the runner sets for it. */
  readonly env: Readonly<Record<string, string>>
}

const TWIRP = '/twirp/github.actions.results.api.v1.ArtifactService/'

/** Starts the services on loopback. */
export async function startActionsService(): Promise<ActionsService> {
  const comments: string[] = []
  const artifacts = new Map<string, Buffer>()
  const blocks: Buffer[] = []
  const server = createServer(async (request, response) => {
    const answer = await respond(request)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  })

  async function respond(request: IncomingMessage): Promise<{ readonly status: number; readonly body?: unknown }> {
    const { method = '', url = '' } = request
    if (url.startsWith('/account/')) return await store(request, url)
    const body = await text(request)
    if (url.startsWith(TWIRP)) return artifact(url.slice(TWIRP.length), JSON.parse(body))
    if (request.headers.authorization !== 'Bearer token-of-the-job') return { status: 403 }
    const at = /\/repos\/team\/app\/issues\/(?:comments\/)?(\d+)/.exec(url)?.[1]
    if (method === 'GET') {
      const own = comments.map((one, index) => ({
        url: `${address()}/repos/team/app/issues/comments/${index}`,
        body: one,
      }))
      return { status: 200, body: own }
    }
    const written = (JSON.parse(body) as { readonly body: string }).body
    if (method === 'PATCH') comments[Number(at)] = written
    else comments.push(written)
    return { status: method === 'POST' ? 201 : 200, body: {} }
  }

  async function store(request: IncomingMessage, url: string): Promise<{ readonly status: number }> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    // Azure's block blobs: blocks first, then their list.
    if (!url.includes('comp=blocklist')) blocks.push(Buffer.concat(parts))
    return { status: 201 }
  }

  function artifact(call: string, { name }: { readonly name: string }) {
    if (call === 'CreateArtifact')
      return { status: 200, body: { ok: true, signed_upload_url: `${address()}/account/artifacts/blob?sig=x` } }
    artifacts.set(name, Buffer.concat(blocks.splice(0)))
    return { status: 200, body: { ok: true, artifact_id: '7' } }
  }

  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const claims = Buffer.from(JSON.stringify({ scp: 'Actions.Results:run-1:job-1' })).toString('base64url')
  return {
    url: address(),
    comments,
    artifacts,
    env: {
      GITHUB_API_URL: address(),
      ACTIONS_RESULTS_URL: address(),
      ACTIONS_RUNTIME_TOKEN: `e30.${claims}.x`,
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
