/**
 * The packets of file sync. Paths are strings to BuildKit, of any bytes that a file name may have.
 *
 * @see https://github.com/tonistiigi/fsutil/blob/master/types/wire.proto
 * @see https://github.com/tonistiigi/fsutil/blob/master/types/stat.proto
 */
export const FILE_SYNC_SCHEMA = `
syntax = "proto3";

message Packet {
  int32 type = 1;
  Stat stat = 2;
  uint32 ID = 3;
  bytes data = 4;
}

message Stat {
  bytes path = 1;
  uint32 mode = 2;
  int64 size = 5;
  int64 modTime = 6;
  bytes linkname = 7;
}
`

/** The kinds of packets. */
export const PacketType = { stat: 0, request: 1, data: 2, finish: 3, error: 4 } as const

/** Metadata of a file, which the receiver compares. */
export interface Stat {
  readonly path: Uint8Array
  readonly mode: number
  readonly size: number
  readonly modTime: { readonly low: number; readonly high: number; readonly unsigned: boolean }
  readonly linkname?: Uint8Array
}

/** One message of either direction. */
export interface Packet {
  readonly type: number
  readonly stat?: Stat
  /** The place of an entry among all that were sent, from 0. */
  readonly ID?: number
  readonly data?: Uint8Array
}
