import { Readable } from 'node:stream'
import { BuildProgress } from '../../../packages/core/src/builder/buildkit/build-progress.js'
import { frame, readFrames } from '../../../packages/core/src/builder/buildkit/grpc/frames.js'
import { GrpcError } from '../../../packages/core/src/builder/buildkit/grpc/grpc-error.js'
import {
  AgentMessages,
  AgentReader,
  agentMessage,
  agentString,
} from '../../../packages/core/src/builder/buildkit/session/ssh/agent-messages.js'
import { buildStatus } from '../../../packages/core/src/builder/buildkit/status.js'
import { negotiate } from '../../../packages/core/src/builder/docker/connection/api-version.js'
import { parseEndpoint } from '../../../packages/core/src/builder/docker/connection/endpoint.js'
import { readDetails } from '../../../packages/core/src/builder/docker/description.js'
import { readMessages, StreamFailure } from '../../../packages/core/src/builder/docker/message-stream.js'
import { parseJson } from '../../../packages/core/src/model/json.js'
import { isJsonObject } from '../../../packages/core/src/model/json-fields.js'
import type { FuzzTarget } from '../target.js'
import { DIGEST, json } from './values.js'

function status(input: Buffer): readonly unknown[] {
  const events: unknown[] = []
  const progress = new BuildProgress((event) => events.push(event))
  progress.add(buildStatus.decode(input))
  progress.end()
  return [events, progress.failedStep('x')]
}

const TIME = { seconds: 1, nanos: 2 }
const STATUS = buildStatus.encode({
  vertexes: [{ digest: 'a', name: '[1/2] RUN x', cached: false, started: TIME, completed: TIME, error: 'exit code 1' }],
  statuses: [{ id: `extracting ${DIGEST}`, vertex: 'a', name: 'x', current: 1, total: 2 }],
  logs: [{ vertex: 'a', stream: 2, data: Buffer.from('output\n') }],
  warnings: [{ vertex: 'a', summary: Buffer.from('x'), ranges: [{ start: { line: 1 } }] }],
})

export const ENGINE_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'engine-messages',
    seeds: [
      '{"status":"Pushing","id":"a","progressDetail":{"current":1,"total":2}}\n{"aux":{"ID":"sha256:x"}}\n',
      json({ status: 'x' }),
    ],
    words: ['\n', 'null\n', '1\n', '[]\n'],
    read: (input) => readMessages(Readable.from([input]), () => {}),
    errors: [StreamFailure],
  },
  {
    name: 'engine-answers',
    seeds: [
      json({
        Version: '28.5',
        ApiVersion: '1.51',
        MinAPIVersion: '1.24',
        Os: 'linux',
        Components: [{ Name: 'Engine' }],
      }),
      json({ ApiVersion: '1.41', Architecture: 'armv7l', DriverStatus: [['driver-type', 'x']], DockerRootDir: '/x' }),
    ],
    read(input) {
      const answer = parseJson(input.toString())
      return isJsonObject(answer) ? [readDetails(answer), negotiate(answer)] : undefined
    },
    errors: [SyntaxError],
  },
  { name: 'build-status', seeds: [STATUS, ''], read: status, errors: [GrpcError] },
  {
    name: 'grpc-frames',
    seeds: [frame(STATUS), Buffer.concat([frame(Buffer.alloc(0)), frame(STATUS)])],
    async read(input) {
      for await (const message of readFrames(Readable.from([input.subarray(0, 7), input.subarray(7)]))) message.at(0)
    },
    errors: [GrpcError],
  },
  {
    name: 'ssh-agent',
    seeds: [agentMessage(11), agentMessage(13, agentString('key'), agentString('data'), agentString(''))],
    read(input) {
      for (const message of new AgentMessages().add(input)) {
        const reader = new AgentReader(message.subarray(1))
        for (let left = message.length - 1; left > 0; left -= reader.string().length + 4);
      }
    },
    errors: [RangeError],
  },
  {
    name: 'engine-address',
    seeds: ['unix:///var/run/docker.sock', 'tcp://10.0.0.1:2376', 'ssh://user@host:22/run/docker.sock', 'ssh://[::1]'],
    words: ['://', '@', '%zz', '%2d', '-oProxyCommand=x', '[', ']'],
    read: (input) => parseEndpoint(input.toString(), undefined),
  },
]
