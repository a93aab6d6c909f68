import { field, message } from '../../grpc/messages.js'

// The parts of containerd's content service that BuildKit's caches and image layouts use.
// https://github.com/containerd/containerd/blob/v2.0.0/api/services/content/v1/content.proto

/** Messages that look content up. */
export const info = {
  request: message('InfoRequest', { digest: field('string', 1) }),
  answer: message('InfoResponse', {
    info: field(message('Info', { digest: field('string', 1), size: field('int64', 2) }), 1),
  }),
}

/** Messages that read content. */
export const read = {
  request: message('ReadContentRequest', {
    digest: field('string', 1),
    offset: field('int64', 2),
    /** 0 for all that follows. */
    size: field('int64', 3),
  }),
  answer: message('ReadContentResponse', { offset: field('int64', 1), data: field('bytes', 2) }),
}

/** The action of a write message, in addition to appending its data. */
export const WriteAction = {
  /** The state of the write. */
  stat: 0,
  write: 1,
  /** To store the content, which ends the write. */
  commit: 2,
} as const

/** Messages that add content: each message of a write has an answer. */
export const write = {
  request: message('WriteContentRequest', {
    action: field('int32', 1),
    ref: field('string', 2),
    /** Bytes of the whole content, if they are known before. */
    total: field('int64', 3),
    /** Digest of the content to write, if it is known in advance. */
    expected: field('string', 4),
    /** Bytes before the data. */
    offset: field('int64', 5),
    data: field('bytes', 6),
  }),
  answer: message('WriteContentResponse', {
    action: field('int32', 1),
    /** Bytes so far. */
    offset: field('int64', 4),
    total: field('int64', 5),
    /** Digest of the committed content. */
    digest: field('string', 6),
  }),
}
