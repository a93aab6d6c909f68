import { StringDecoder } from 'node:string_decoder'
import { LIMITS } from '../../model/limits.js'
import type { EngineEvent } from '../../model/run/events.js'
import { GrpcError, GrpcStatus } from './grpc/grpc-error.js'
import { LogTail } from './log-tail.js'
import type { BuildStatus, StatusLog, StatusProgress, StatusTime, StatusVertex, StatusWarning } from './status.js'

/** The step that made a build fail. */
export interface FailedStep {
  readonly name: string
  readonly error: string
  /** The last lines of its output. */
  readonly log: readonly string[]
}

/** Progress of layers has their digest as name; other progress is not of a layer. */
const LAYER = /^(?:extracting )?(sha256:[a-f0-9]{64})$/

/** Standard output and standard error, as BuildKit numbers them. */
const STREAMS = [1, 2]

type VertexState = 'waiting' | 'started' | 'ended'

/** Converts BuildKit's trace, which repeats states, to one event per change. */
export class BuildProgress {
  readonly #emit: (event: EngineEvent) => void
  readonly #items = new Set<string>()
  #warnings = 0
  #characters = 0
  readonly #states = new Map<string, VertexState>()
  readonly #decoders = new Map<string, StringDecoder>()
  readonly #tails = new Map<string, LogTail>()
  /** Failed steps, in the order in which they failed. */
  #failed: readonly StatusVertex[] = []

  constructor(emit: (event: EngineEvent) => void) {
    this.#emit = emit
  }

  /** Applies one message. @throws GrpcError if the build has more steps, layers or text than any build has */
  add(status: BuildStatus): void {
    // A vertex is reported as started before its first output, and as ended after its last.
    const ending = status.vertexes.filter(({ completed }) => completed !== null)
    for (const vertex of status.vertexes) this.#start(vertex)
    for (const progress of status.statuses) this.#progress(progress)
    for (const log of status.logs) this.#log(log)
    for (const warning of status.warnings) this.#warn(warning)
    for (const vertex of ending) this.#finish(vertex)
  }

  /** Emits the rest of output that ended within a character. */
  end(): void {
    for (const key of this.#decoders.keys()) this.#flush(key)
  }

  /**
   * The failed step of a build. A step may fail without failing the build, such as the import of a missing cache, so
   * this is the first step whose error the build's error repeats; steps that BuildKit cancelled follow.
   */
  failedStep(failure: string): FailedStep | undefined {
    const vertex = this.#failed.find(({ error }) => failure.includes(error)) ?? this.#failed[0]
    return vertex && { name: vertex.name, error: vertex.error, log: this.#tails.get(vertex.digest)?.lines() ?? [] }
  }

  #start({ digest, name, started }: StatusVertex): void {
    if (started === null || this.#states.has(digest)) return
    this.#count(digest, name)
    this.#states.set(digest, 'started')
    this.#emit({ kind: 'build-step', step: digest, name, status: 'started' })
  }

  #finish(vertex: StatusVertex): void {
    const { digest, name, error, completed } = vertex
    if (completed === null || this.#states.get(digest) === 'ended') return
    this.#count(digest, name, error)
    this.#states.set(digest, 'ended')
    for (const stream of STREAMS) this.#flush(`${stream} ${digest}`)
    if (error !== '') {
      this.#failed = [...this.#failed, vertex].sort((a, b) => compareTimes(a.completed, b.completed))
      this.#emit({ kind: 'build-step', step: digest, name, status: 'failed', error })
    } else {
      this.#emit({ kind: 'build-step', step: digest, name, status: vertex.cached ? 'cached' : 'done' })
    }
  }

  #log({ vertex, stream, data }: StatusLog): void {
    const key = `${stream === 2 ? 2 : 1} ${vertex}`
    this.#count(vertex)
    const decoder = this.#decoders.get(key) ?? new StringDecoder('utf8')
    this.#decoders.set(key, decoder)
    this.#text(vertex, stream, decoder.write(Buffer.from(data)))
  }

  #flush(key: string): void {
    const [stream, vertex = ''] = key.split(' ')
    this.#text(vertex, Number(stream), this.#decoders.get(key)?.end() ?? '')
  }

  #text(vertex: string, stream: number, text: string): void {
    if (text === '') return
    const tail = this.#tails.get(vertex) ?? new LogTail()
    this.#tails.set(vertex, tail)
    tail.add(text)
    this.#emit({ kind: 'build-log', step: vertex, stream: stream === 2 ? 'stderr' : 'stdout', text })
  }

  #progress({ id, name, current, total }: StatusProgress): void {
    const layer = LAYER.exec(id)?.[1]
    if (layer === undefined) return
    this.#count(layer)
    // Newer engines have no other name for a download than the layer's.
    const status = name === '' || name === id ? 'pulling' : name
    const size = total > 0 ? { total } : {}
    this.#emit({ kind: 'engine-transfer', direction: 'pull', layer, status, bytes: current, ...size })
  }

  #warn({ summary, ranges }: StatusWarning): void {
    const line = ranges[0]?.start?.line
    const message = Buffer.from(summary).toString()
    this.#warnings++
    this.#count('', message)
    this.#emit({ kind: 'build-warning', message, ...(line !== undefined && line > 0 && { line }) })
  }

  /** Limits what is kept here and by receivers of the events. */
  #count(item: string, ...texts: readonly string[]): void {
    if (!this.#items.has(item)) this.#characters += item.length
    this.#items.add(item)
    for (const text of texts) this.#characters += text.length
    if (this.#items.size + this.#warnings > LIMITS.reportedItems) {
      throw new GrpcError(GrpcStatus.internal, `the build reported more than ${LIMITS.reportedItems} steps and layers`)
    }
    if (this.#characters > LIMITS.reportedText) {
      throw new GrpcError(
        GrpcStatus.internal,
        `the build reported steps of more than ${LIMITS.reportedText} characters`,
      )
    }
  }
}

function compareTimes(a: StatusTime | null, b: StatusTime | null): number {
  return (a?.seconds ?? 0) - (b?.seconds ?? 0) || (a?.nanos ?? 0) - (b?.nanos ?? 0)
}
