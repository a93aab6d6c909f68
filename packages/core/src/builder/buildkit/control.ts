import type { Duplex } from 'node:stream'
import { Deadline } from '../../model/async/deadline.js'
import {
  type BuildKitVersion,
  type BuildRecord,
  type CacheEntry,
  diskUsageResponse,
  historyEvent,
  historyRequest,
  infoResponse,
  type LlbDefinition,
  listWorkersResponse,
  pruneRequest,
  solveRequest,
  solveResponse,
  statusRequest,
  type UsageRecord,
  usageRecord,
  type Worker,
} from './control-schema.js'
import type { GrpcCall, GrpcConnection } from './grpc/connection.js'
import { grpcDuplex } from './grpc/duplex.js'
import type { Encoded } from './grpc/messages.js'
import { type BuildStatus, buildStatus } from './status.js'

/** A replacement of one source by another, before BuildKit resolves it. */
export interface SourceReplacement {
  /** `docker-image://docker.io/library/alpine:3.22` */
  readonly from: string
  readonly to: string
}

/** One build, in the terms of BuildKit's API. */
export interface SolveRequest {
  /** Id of the build, chosen by the client, for {@link ControlClient.status}. */
  readonly ref: string
  /** The id of the session that the build calls back on. */
  readonly session: string
  /** The frontend that makes the build, such as `dockerfile.v0`; without one, `definition` is the build. */
  readonly frontend?: string
  readonly frontendAttributes?: Readonly<Record<string, string>>
  readonly definition?: LlbDefinition
  /** Undefined if the result is kept in the builder's cache only. */
  readonly exporter?: { readonly type: string; readonly attributes: Readonly<Record<string, string>> } | undefined
  readonly cacheExports?: readonly CacheEntry[]
  readonly entitlements?: readonly string[]
  readonly sourceReplacements?: readonly SourceReplacement[]
  /** Whether BuildKit omits the build from its history. */
  readonly isInternal?: boolean
}

/** The action of the source policy that replaces a source. */
const CONVERT = 2

/**
 * How a source is matched: BuildKit 0.25 replaces an exact match by itself. No name of an image has a character that is
 * special to a wildcard.
 */
const WILDCARD = 0

/** Milliseconds that BuildKit may take for a query of its memory. */
const QUERY_TIMEOUT = 30_000

const SERVICE = '/moby.buildkit.v1.Control'
const EMPTY = Buffer.alloc(0)

/**
 * BuildKit's control API.
 * Every method rejects with GrpcError if BuildKit rejects the request, with the connection's error if it breaks, and
 * with the signal's reason.
 *
 * @see https://github.com/moby/buildkit/blob/v0.20.0/api/services/control/control.proto
 */
export class ControlClient {
  readonly #connection: GrpcConnection

  constructor(connection: GrpcConnection) {
    this.#connection = connection
  }

  /** Runs a build to its end. @returns the values that the exporter reports, such as `containerimage.digest`. */
  async solve(request: SolveRequest, call: GrpcCall = {}): Promise<Readonly<Record<string, string>>> {
    const answer = await this.#connection.unary(`${SERVICE}/Solve`, solveRequest.encode(solveMessage(request)), call)
    return solveResponse.decode(answer).ExporterResponse
  }

  /** Reports a build from its start to its end. A build that has not been sent yet is waited for, for three seconds. */
  async *status(ref: string, call: GrpcCall = {}): AsyncGenerator<BuildStatus, void> {
    const request = statusRequest.encode({ Ref: ref })
    for await (const message of this.#connection.stream(`${SERVICE}/Status`, request, call))
      yield buildStatus.decode(message)
  }

  /** The version; BuildKit before 0.11 has no such method, and rejects with UNIMPLEMENTED. */
  async info(call: GrpcCall = {}): Promise<BuildKitVersion | undefined> {
    const answer = await this.#query('Info', call)
    return infoResponse.decode(answer).buildkitVersion ?? undefined
  }

  async listWorkers(call: GrpcCall = {}): Promise<readonly Worker[]> {
    const answer = await this.#query('ListWorkers', call)
    return listWorkersResponse.decode(answer).record
  }

  async diskUsage(call: GrpcCall = {}): Promise<readonly UsageRecord[]> {
    const answer = await this.#connection.unary(`${SERVICE}/DiskUsage`, EMPTY, call)
    return diskUsageResponse.decode(answer).record
  }

  /**
   * Deletes cache records that match one of the filters, or all.
   *
   * @returns the deleted records.
   */
  async prune(
    { filter = [], all = false }: { readonly filter?: readonly string[]; readonly all?: boolean } = {},
    call: GrpcCall = {},
  ): Promise<readonly UsageRecord[]> {
    const request = pruneRequest.encode({ filter, all })
    const records: UsageRecord[] = []
    for await (const message of this.#connection.stream(`${SERVICE}/Prune`, request, call)) {
      records.push(usageRecord.decode(message))
    }
    return records
  }

  /** Reports the builds that have completed and are not forgotten. BuildKit before 0.11 rejects with UNIMPLEMENTED. */
  async *history(call: GrpcCall = {}): AsyncGenerator<BuildRecord, void> {
    const request = historyRequest.encode({ EarlyExit: true })
    for await (const message of this.#connection.stream(`${SERVICE}/ListenBuildHistory`, request, call)) {
      const { record } = historyEvent.decode(message)
      if (record !== null) yield record
    }
  }

  /** Sends a query that BuildKit answers from memory. */
  async #query(method: string, call: GrpcCall): Promise<Buffer> {
    const limit = new Deadline()
    limit.start(QUERY_TIMEOUT, Object.assign(new Error(`no response to ${method}`), { code: 'ETIMEDOUT' }))
    try {
      return await this.#connection.unary(`${SERVICE}/${method}`, EMPTY, { ...call, signal: limit.within(call.signal) })
    } finally {
      limit.stop()
    }
  }

  /** Opens a connection on which BuildKit is the client, for the services of a session. */
  session(headers: Readonly<Record<string, string | readonly string[]>>): Duplex {
    const metadata = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    return grpcDuplex(this.#connection.open(`${SERVICE}/Session`, { metadata }))
  }
}

function solveMessage(request: SolveRequest): Encoded<typeof solveRequest> {
  const { exporter, cacheExports = [], sourceReplacements = [] } = request
  return {
    Ref: request.ref,
    Session: request.session,
    Frontend: request.frontend ?? '',
    FrontendAttrs: request.frontendAttributes ?? {},
    ...(request.definition && { Definition: request.definition }),
    ...(exporter && { Exporter: exporter.type, ExporterAttrs: exporter.attributes }),
    Cache: { Exports: cacheExports },
    Entitlements: request.entitlements ?? [],
    Internal: request.isInternal ?? false,
    ...(sourceReplacements.length > 0 && {
      SourcePolicy: {
        version: 1,
        rules: sourceReplacements.map(({ from, to }) => ({
          action: CONVERT,
          selector: { identifier: from, match_type: WILDCARD },
          updates: { identifier: to },
        })),
      },
    }),
  }
}
