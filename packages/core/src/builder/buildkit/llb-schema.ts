import { field, map, message, repeated } from './grpc/messages.js'

const platform = message('Platform', {
  Architecture: field('string', 1),
  OS: field('string', 2),
  Variant: field('string', 3),
})

const input = message('Input', {
  digest: field('string', 1),
  index: field('int64', 2),
})

const meta = message('Meta', {
  args: repeated('string', 1),
  env: repeated('string', 2),
  cwd: field('string', 3),
  user: field('string', 4),
})

const mount = message('Mount', {
  input: field('int64', 1),
  dest: field('string', 3),
  output: field('int64', 4),
  readonly: field('bool', 5),
})

/**
 * An operation of BuildKit's low-level build format (LLB), as far as it is in use. BuildKit 0.8, in Docker Engine
 * 20.10, and newer versions accept the same messages.
 *
 * @see https://github.com/moby/buildkit/blob/v0.20.0/solver/pb/ops.proto
 */
export const op = message('Op', {
  inputs: repeated(input, 1),
  exec: field(message('ExecOp', { meta: field(meta, 1), mounts: repeated(mount, 2), network: field('int32', 3) }), 2),
  source: field(message('SourceOp', { identifier: field('string', 1), attrs: map('string', 2) }), 3),
  platform: field(platform, 10),
})
