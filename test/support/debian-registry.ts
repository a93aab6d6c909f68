import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Certificate, makeCertificate } from './certificate.js'
import { runProgram, startProgram } from './child.js'
import { Cleanup } from './cleanup.js'
import { tempFolder } from './temp-folder.js'
import { startTokenService, type TokenRequest, type TokenService } from './token-service.js'

/** A name and its password. */
export interface Login {
  readonly username: string
  readonly password: string
}

/** How Debian's docker-registry is to be run. */
export interface DebianRegistryOptions {
  /** `token`: anyone may pull, and pushes need the login; `htpasswd`: everything needs the login. */
  readonly auth?: 'none' | 'htpasswd' | 'token'
  readonly tls?: boolean
  /** Instead of the usual login, so that two registries can have different ones. */
  readonly login?: Login
  /** Whether manifests and blobs can be deleted; default true. */
  readonly deletes?: boolean
}

/** A docker-registry 2.8 of a test's own, on a free port of 127.0.0.1, empty. */
export interface DebianRegistry extends AsyncDisposable {
  /** `127.0.0.1:40123`: the host of references. */
  readonly host: string
  /** `http://127.0.0.1:40123`, or https. */
  readonly url: string
  /** The directory of its storage driver. */
  readonly store: string
  /** The only valid login, if one is required. */
  readonly login: Login | undefined
  /** PEM of the certificate authority to trust, if it uses TLS. */
  readonly ca: string | undefined
  /** Host of its token service, which uses plain HTTP. */
  readonly tokenHost: string | undefined
  /** The requests that its token service has received, in order. */
  readonly tokenRequests: readonly TokenRequest[]
  /** Requests that it has answered so far, `GET /v2/…` style, without queries. */
  requests(): Promise<readonly string[]>
  /** Deletes every untagged manifest, also those that indexes list, like a scheduled job. */
  deleteUntagged(): Promise<void>
}

/** A password whose Basic form has `+` and `/`, and that has a colon: what encoders get wrong. */
const LOGIN: Login = { username: 'builder', password: 'p?>:~~>secret??' }

/** Starts Debian's docker-registry and waits until it answers. */
export async function startDebianRegistry(options: DebianRegistryOptions = {}): Promise<DebianRegistry> {
  await using cleanup = new Cleanup()
  const folder = cleanup.use(await tempFolder('registry'))
  const { auth: wanted = 'none', login = LOGIN } = options
  const certificate = options.tls || wanted === 'token' ? await makeCertificate(folder.path) : undefined
  const tokens =
    wanted === 'token' && certificate ? cleanup.use(await startTokenService(certificate, login)) : undefined
  const auth = wanted === 'htpasswd' ? await htpasswdAuth(folder.path, login) : tokens && tokenAuth(tokens, certificate)
  const tls = options.tls ? certificate : undefined
  const file = join(folder.path, 'config.json')
  await writeFile(file, JSON.stringify(configuration(folder.path, { auth, tls, deletes: options.deletes ?? true })))
  const program = cleanup.use(
    await startProgram({ command: 'docker-registry', args: ['serve', file], readyLine: listeningAddress }),
  )
  const url = `${tls ? 'https' : 'http'}://${program.ready}`
  const ending = cleanup.move()
  return {
    host: program.ready,
    url,
    store: join(folder.path, 'store'),
    login: wanted === 'none' ? undefined : login,
    ca: tls?.certificate,
    tokenHost: tokens && new URL(tokens.realm).host,
    tokenRequests: tokens?.requests ?? [],
    async requests() {
      // Log lines arrive later than responses: once the line of this request is there, all earlier ones are.
      const mark = `/v2/${MARK}/${randomUUID()}`
      await askFor(`${url}${mark}`, tls?.certificate)
      while (!program.output().includes(mark)) await sleep(5)
      return answeredRequests(program.output())
    },
    async deleteUntagged() {
      await runProgram('docker-registry', ['garbage-collect', '--delete-untagged', file])
    },
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}

async function htpasswdAuth(folder: string, { username, password }: Login): Promise<object> {
  const path = join(folder, 'htpasswd')
  const { stdout } = await runProgram('htpasswd', ['-Bbn', username, password])
  await writeFile(path, stdout)
  return { htpasswd: { realm: 'registry.example.com', path } }
}

function tokenAuth({ realm, service, issuer }: TokenService, certificate: Certificate | undefined): object {
  return { token: { realm, service, issuer, rootcertbundle: certificate?.certificateFile } }
}

/** @see https://github.com/distribution/distribution/blob/v2.8.2/docs/configuration.md */
function configuration(
  folder: string,
  options: {
    readonly auth: object | undefined
    readonly tls: Certificate | undefined
    readonly deletes: boolean
  },
): object {
  return {
    version: '0.1',
    log: { level: 'info', formatter: 'json' },
    storage: {
      filesystem: { rootdirectory: join(folder, 'store') },
      delete: { enabled: options.deletes },
    },
    http: {
      addr: '127.0.0.1:0',
      secret: 'of no use to anybody',
      ...(options.tls && { tls: { certificate: options.tls.certificateFile, key: options.tls.keyFile } }),
    },
    ...(options.auth && { auth: options.auth }),
  }
}

/** A repository that no test has. */
const MARK = 'test-support'

async function askFor(url: string, ca: string | undefined): Promise<void> {
  const sent = ca === undefined ? http.get(url) : https.get(url, { ca })
  const [answer] = (await once(sent, 'response')) as [http.IncomingMessage]
  await once(answer.resume(), 'end')
}

function listeningAddress(line: string): string | undefined {
  return /"msg":"listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1]
}

function answeredRequests(output: string): readonly string[] {
  const accessLine = /"([A-Z]+) (\/v2\/[^ ?"]*)[^ "]* HTTP\/[\d.]+" \d{3} /g
  const all = [...output.matchAll(accessLine)].map(([, method, path]) => `${method} ${path}`)
  return all.filter((request) => !request.includes(MARK))
}
