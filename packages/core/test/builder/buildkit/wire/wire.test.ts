import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import protobuf from 'protobufjs'
import { expect, expectTypeOf, test } from 'vitest'
import * as control from '../../../../src/builder/buildkit/control-schema.js'
import { bytesMessage } from '../../../../src/builder/buildkit/grpc/duplex.js'
import { GrpcError } from '../../../../src/builder/buildkit/grpc/grpc-error.js'
import type { Decoded, Encoded, MessageType } from '../../../../src/builder/buildkit/grpc/messages.js'
import { op } from '../../../../src/builder/buildkit/llb-schema.js'
import { authService } from '../../../../src/builder/buildkit/session/auth.js'
import { contentService } from '../../../../src/builder/buildkit/session/content/content-service.js'
import { fileSendService } from '../../../../src/builder/buildkit/session/files/file-send.js'
import { packet, type stat } from '../../../../src/builder/buildkit/session/files/file-sync-schema.js'
import { secretsService } from '../../../../src/builder/buildkit/session/secrets.js'
import type { SessionService } from '../../../../src/builder/buildkit/session/service.js'
import { healthService } from '../../../../src/builder/buildkit/session/session.js'
import { sshService } from '../../../../src/builder/buildkit/session/ssh/ssh.js'
import { buildStatus } from '../../../../src/builder/buildkit/status.js'

type Case = readonly [file: string, name: string, type: MessageType<object>]

/** The messages of the methods of a session, by the names that `session.proto` has for them. */
function sessionCases(service: SessionService, names: readonly string[]): readonly Case[] {
  const types = service.flatMap(({ definition }) => [
    { encode: definition.requestSerialize, decode: definition.requestDeserialize },
    { encode: definition.responseSerialize, decode: definition.responseDeserialize },
  ])
  return types.map((type, at) => ['session', names[at] ?? '', type as MessageType<object>])
}

const CASES: readonly Case[] = [
  ...Object.entries(control).map(
    ([name, type]) => ['control', name.replace(/^./, (first) => first.toUpperCase()), type] as const,
  ),
  ['control', 'BytesMessage', bytesMessage],
  ['status', 'Status', buildStatus],
  ['llb', 'Op', op],
  ['session', 'Packet', packet],
  ...sessionCases(healthService(), ['HealthCheckRequest', 'HealthCheckResponse']),
  ...sessionCases(secretsService({}), ['GetSecretRequest', 'GetSecretResponse']),
  ...sessionCases(
    authService(async () => undefined),
    ['CredentialsRequest', 'CredentialsResponse'],
  ),
  ...sessionCases(sshService({}), ['CheckAgentRequest', 'CheckAgentResponse', 'BytesMessage', 'BytesMessage']),
  ...sessionCases(
    fileSendService(() => new PassThrough()),
    ['BytesMessage', 'BytesMessage'],
  ),
  ...sessionCases(contentService(new Map()), [
    ...['InfoRequest', 'InfoResponse', 'ReadContentRequest', 'ReadContentResponse'],
    ...['WriteContentRequest', 'WriteContentResponse'],
  ]),
]

/** Reads a message type from the definition of its service, reduced to the fields in use. */
function protoType(file: string, name: string): protobuf.Type {
  const path = join(import.meta.dirname, `${file}.proto`)
  return new protobuf.Root().loadSync(path, { keepCase: true }).resolveAll().lookupType(name)
}

/** A message in which every field has a value of its own. */
function sampleOf(type: protobuf.Type, next = counter()): Record<string, unknown> {
  return Object.fromEntries(
    type.fieldsArray.map((field) => {
      const one = () =>
        field.resolvedType instanceof protobuf.Type ? sampleOf(field.resolvedType, next) : scalar(field.type, next())
      if (field.map) return [field.name, { [`key ${next()}`]: one() }]
      return [field.name, field.repeated ? [one(), one()] : one()]
    }),
  )
}

function scalar(type: string, value: number): unknown {
  switch (type) {
    case 'string':
      return `text ${value}`
    case 'bytes':
      return Buffer.from([value, 0xff])
    case 'bool':
      return true
    case 'int64':
      return -value * 2 ** 40
    default:
      return value
  }
}

function counter(): () => number {
  let count = 0
  return () => ++count
}

const OPTIONS = { defaults: true, arrays: true, longs: Number }

test.each(CASES)('%s.proto: %s has the bytes that its definition gives it', (file, name, type) => {
  const proto = protoType(file, name)
  const sample = sampleOf(proto)
  const bytes = Buffer.from(proto.encode(proto.fromObject(sample)).finish())
  expect(type.encode(sample)).toEqual(bytes)
  expect(type.decode(bytes)).toEqual(proto.toObject(proto.decode(bytes), OPTIONS))
  expect(type.decode(Buffer.alloc(0))).toEqual(proto.toObject(proto.create(), OPTIONS))
})

test('encodes a 64-bit number beyond 2^53 from its halves', () => {
  const modTime = { low: -2, high: 0x7fff_ffff, unsigned: false }
  expect(packet.encode({ stat: { modTime } }).toString('hex')).toBe('120a30feffffffffffffff7f')
})

test('reports bytes that are not a message by its name', () => {
  const read = () => packet.decode(Buffer.alloc(9, 0xff))
  expect(read).toThrow(GrpcError)
  expect(read).toThrow(/^the bytes received are not a Packet: /)
})

test('types of absent fields: optional to encode, null for a message that was not sent', () => {
  expectTypeOf<Encoded<typeof packet>>().toEqualTypeOf<{
    readonly type?: number
    readonly stat?: Encoded<typeof stat>
    readonly ID?: number
    readonly data?: Uint8Array
  }>()
  expectTypeOf<Decoded<typeof packet>>().toEqualTypeOf<{
    readonly type: number
    readonly stat: Decoded<typeof stat> | null
    readonly ID: number
    readonly data: Uint8Array
  }>()
  expectTypeOf<Decoded<typeof stat>['modTime']>().toEqualTypeOf<number>()
  expectTypeOf<Decoded<typeof control.listWorkersResponse>['record'][number]['Labels']>().toEqualTypeOf<
    Readonly<Record<string, string>>
  >()
})
