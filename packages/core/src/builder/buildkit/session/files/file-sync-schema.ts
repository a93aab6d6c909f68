import { field, message } from '../../grpc/messages.js'

// https://github.com/tonistiigi/fsutil/blob/master/types/wire.proto
// https://github.com/tonistiigi/fsutil/blob/master/types/stat.proto

/** The kinds of packets. */
export const PacketType = { stat: 0, request: 1, data: 2, finish: 3, error: 4 } as const

/** Metadata of a file, which the receiver compares. Paths are strings to BuildKit, of any bytes that a file name may have. */
export const stat = message('Stat', {
  path: field('bytes', 1),
  mode: field('uint32', 2),
  size: field('int64', 5),
  modTime: field('int64', 6),
  linkname: field('bytes', 7),
})

/** One message of either direction of file sync. */
export const packet = message('Packet', {
  type: field('int32', 1),
  stat: field(stat, 2),
  /** The place of an entry among all that were sent, from 0. */
  ID: field('uint32', 3),
  data: field('bytes', 4),
})
