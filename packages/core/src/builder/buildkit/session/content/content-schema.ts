/**
 * The parts of containerd's content service that BuildKit's caches and image layouts use.
 *
 * @see https://github.com/containerd/containerd/blob/v2.0.0/api/services/content/v1/content.proto
 */
export const CONTENT_SCHEMA = `
syntax = "proto3";

message Info {
  string digest = 1;
  int64 size = 2;
}

message InfoRequest {
  string digest = 1;
}

message InfoResponse {
  Info info = 1;
}

message ReadContentRequest {
  string digest = 1;
  int64 offset = 2;
  int64 size = 3;
}

message ReadContentResponse {
  int64 offset = 1;
  bytes data = 2;
}

message WriteContentRequest {
  int32 action = 1;
  string ref = 2;
  int64 total = 3;
  string expected = 4;
  int64 offset = 5;
  bytes data = 6;
}

message WriteContentResponse {
  int32 action = 1;
  int64 offset = 4;
  int64 total = 5;
  string digest = 6;
}
`

/** The action of a write message, in addition to appending its data. */
export const WriteAction = {
  /** The state of the write. */
  stat: 0,
  write: 1,
  /** To store the content, which ends the write. */
  commit: 2,
} as const

/** A message to a write. */
export interface WriteRequest {
  readonly action: number
  /** Digest of the content to write, if it is known in advance. */
  readonly expected: string
  /** Bytes of the whole content, if they are known before. */
  readonly total: number
  /** Bytes before the data. */
  readonly offset: number
  readonly data: Uint8Array
}

/** The answer to each message of a write. */
export interface WriteAnswer {
  readonly action: number
  /** Bytes so far. */
  readonly offset: number
  readonly total: number
  /** Digest of the committed content. */
  readonly digest: string
}
