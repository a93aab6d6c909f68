import protobuf from 'protobufjs'
import { EngineError } from '../model/errors.js'
import { TRACE_SCHEMA } from './trace-schema.js'

/** A moment as protobuf sends it. */
export interface TraceTime {
  readonly seconds: number
  readonly nanos: number
}

/** A node of BuildKit's graph; sent again whenever something about it changes. */
export interface TraceVertex {
  readonly digest: string
  readonly name: string
  readonly cached: boolean
  readonly started: TraceTime | null
  readonly completed: TraceTime | null
  /** Empty where there is none. */
  readonly error: string
}

/** Progress of a part of a vertex, such as a layer that is pulled. */
export interface TraceProgress {
  readonly id: string
  readonly vertex: string
  readonly name: string
  readonly current: number
  /** 0 where it is not known. */
  readonly total: number
}

/** Output of a vertex; bytes, cut anywhere. */
export interface TraceLog {
  readonly vertex: string
  /** 1 for standard output, 2 for standard error. */
  readonly stream: number
  readonly data: Uint8Array
}

/** Something that BuildKit's frontend warns of. */
export interface TraceWarning {
  readonly vertex: string
  readonly summary: Uint8Array
  readonly ranges: readonly { readonly start: { readonly line: number } | null }[]
}

/** One `moby.buildkit.trace` message. */
export interface TraceStatus {
  readonly vertexes: readonly TraceVertex[]
  readonly statuses: readonly TraceProgress[]
  readonly logs: readonly TraceLog[]
  readonly warnings: readonly TraceWarning[]
}

const StatusType = protobuf.parse(TRACE_SCHEMA).root.lookupType('Status')

/**
 * Decodes the base64 text in the `aux` of a `moby.buildkit.trace` message.
 *
 * @throws ENGINE_REJECTED where it is no such message.
 */
export function decodeTrace(aux: unknown): TraceStatus {
  try {
    if (typeof aux !== 'string') throw new TypeError('not a text')
    const message = StatusType.decode(Buffer.from(aux, 'base64'))
    return StatusType.toObject(message, { defaults: true, arrays: true, longs: Number }) as TraceStatus
  } catch (cause) {
    throw new EngineError('ENGINE_REJECTED', 'the engine sent build progress that cannot be decoded', { cause })
  }
}
