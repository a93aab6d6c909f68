import { messageTypes } from './grpc/messages.js'
import { STATUS_SCHEMA } from './status-schema.js'

/** A timestamp in protobuf's form. */
export interface StatusTime {
  readonly seconds: number
  readonly nanos: number
}

/** A vertex of BuildKit's graph; sent again after each change. */
export interface StatusVertex {
  readonly digest: string
  readonly name: string
  readonly cached: boolean
  readonly started: StatusTime | null
  readonly completed: StatusTime | null
  /** Empty if there is none. */
  readonly error: string
}

/** Progress of a part of a vertex, such as a layer that is pulled. */
export interface StatusProgress {
  readonly id: string
  readonly vertex: string
  readonly name: string
  readonly current: number
  /** 0 if unknown. */
  readonly total: number
}

/** Output of a vertex, in arbitrary chunks of bytes. */
export interface StatusLog {
  readonly vertex: string
  /** 1 for standard output, 2 for standard error. */
  readonly stream: number
  readonly data: Uint8Array
}

/** A warning of BuildKit's frontend. */
export interface StatusWarning {
  readonly vertex: string
  readonly summary: Uint8Array
  readonly ranges: readonly { readonly start: { readonly line: number } | null }[]
}

/** One message of the stream that reports a build. */
export interface BuildStatus {
  readonly vertexes: readonly StatusVertex[]
  readonly statuses: readonly StatusProgress[]
  readonly logs: readonly StatusLog[]
  readonly warnings: readonly StatusWarning[]
}

const type = messageTypes(STATUS_SCHEMA)<BuildStatus>('Status')

/** Decodes a message of `Control.Status`. @throws Error if it is none */
export function decodeStatus(bytes: Uint8Array): BuildStatus {
  return type.decode(bytes)
}
