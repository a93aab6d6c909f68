import { expect, test } from 'vitest'
import { buildFailure } from '../../src/builder/build/build-failure.js'
import { GrpcError } from '../../src/builder/buildkit/grpc/grpc-error.js'
import { SolveError } from '../../src/builder/buildkit/solve.js'

const REQUEST = {
  platform: { os: 'linux', architecture: 'amd64' },
  dockerfile: { name: 'Dockerfile', text: 'FROM scratch\nRUN make\n' },
} as Parameters<typeof buildFailure>[1]

test.each([
  ['the error of BuildKit', 'failed to copy: write /x: no space left on device', []],
  ['the output of the command', 'exit code: 1', ['cp: error writing /x: No space left on device']],
  ['a quota', 'exit code: 1', ['write: Disk quota exceeded']],
])('a full disk of the builder gets a hint, from %s', (_what, error, log) => {
  const failure = buildFailure(
    new SolveError(new GrpcError(2, 'failed'), { name: '[2/2] RUN make', error, log }),
    REQUEST,
  )
  expect(failure).toMatchObject({ code: 'BUILD_FAILED', hint: expect.stringContaining('docker builder prune') })
})

test('a full disk is found outside of steps, too', () => {
  const error = new GrpcError(2, 'failed to export: write /var/lib/docker/x: no space left on device')
  expect(buildFailure(new SolveError(error, undefined), REQUEST)).toMatchObject({
    code: 'BUILD_FAILED',
    hint: expect.stringContaining('docker system df'),
  })
})

test('another failure gets no hint', () => {
  const step = { name: '[2/2] RUN make', error: 'exit code: 1', log: ['no rule to make target'] }
  expect(buildFailure(new SolveError(new GrpcError(2, 'failed'), step), REQUEST)).not.toHaveProperty(
    'hint',
    expect.any(String),
  )
})
