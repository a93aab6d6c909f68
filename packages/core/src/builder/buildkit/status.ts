import { type Decoded, field, message, repeated } from './grpc/messages.js'

/** A moment. */
export const timestamp = message('Time', { seconds: field('int64', 1), nanos: field('int32', 2) })

const vertex = message('Vertex', {
  digest: field('string', 1),
  name: field('string', 3),
  cached: field('bool', 4),
  started: field(timestamp, 5),
  completed: field(timestamp, 6),
  /** Empty if there is none. */
  error: field('string', 7),
})

const progress = message('Progress', {
  id: field('string', 1),
  vertex: field('string', 2),
  name: field('string', 3),
  current: field('int64', 4),
  /** 0 if unknown. */
  total: field('int64', 5),
})

const log = message('Log', {
  vertex: field('string', 1),
  /** 1 for standard output, 2 for standard error. */
  stream: field('int64', 3),
  data: field('bytes', 4),
})

const warning = message('Warning', {
  vertex: field('string', 1),
  summary: field('bytes', 3),
  ranges: repeated(message('Range', { start: field(message('Position', { line: field('int32', 1) }), 1) }), 7),
})

/**
 * The part of BuildKit's status message that is decoded.
 *
 * @see https://github.com/moby/buildkit/blob/v0.13.0/api/services/control/control.proto
 * @see https://github.com/moby/buildkit/blob/v0.13.0/solver/pb/ops.proto
 */
export const buildStatus = message('Status', {
  vertexes: repeated(vertex, 1),
  statuses: repeated(progress, 2),
  logs: repeated(log, 3),
  warnings: repeated(warning, 4),
})

/** A timestamp in protobuf's form. */
export interface StatusTime extends Decoded<typeof timestamp> {}

/** A time in milliseconds since the epoch. */
export function millisecondsOf({ seconds, nanos }: StatusTime): number {
  return seconds * 1000 + nanos / 1_000_000
}

/** A vertex of BuildKit's graph; sent again after each change. */
export interface StatusVertex extends Decoded<typeof vertex> {}

/** Progress of a part of a vertex, such as a layer that is pulled. */
export interface StatusProgress extends Decoded<typeof progress> {}

/** Output of a vertex, in arbitrary chunks of bytes. */
export interface StatusLog extends Decoded<typeof log> {}

/** A warning of BuildKit's frontend. */
export interface StatusWarning extends Decoded<typeof warning> {}

/** One message of the stream that reports a build. */
export interface BuildStatus extends Decoded<typeof buildStatus> {}
