import protobuf from 'protobufjs/light.js'
import { GrpcError, GrpcStatus } from './grpc-error.js'

/** Encodes and decodes one protobuf message type. */
export interface MessageType<In extends object, Out extends object = In> {
  encode(message: In): Buffer
  /** @throws GrpcError if the bytes are not such a message */
  decode(bytes: Uint8Array): Out
}

/** A message that its sender has encoded. */
export const ENCODED: MessageType<Buffer> = { encode: (bytes) => bytes, decode: Buffer.from }

/** The scalar types in use, as they are decoded. 64-bit numbers lose precision beyond 2^53. */
interface Scalars {
  readonly bool: boolean
  readonly bytes: Uint8Array
  readonly int32: number
  readonly int64: number
  readonly string: string
  readonly uint32: number
}

/** A 64-bit number, which may exceed 2^53, as its signed halves. */
interface Int64 {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

type FieldType = keyof Scalars | Schema

/** A field, in protobufjs's form but for its type. */
export interface Field<T extends FieldType = FieldType> {
  readonly type: T
  readonly id: number
}

/** A field with any number of values. */
export interface RepeatedField<T extends FieldType = FieldType> extends Field<T> {
  readonly rule: 'repeated'
}

/** A field with values by string. */
export interface MapField<T extends FieldType = FieldType> extends Field<T> {
  readonly keyType: 'string'
}

type Fields = Readonly<Record<string, Field>>

interface Schema<F extends Fields = Fields> {
  readonly fields: F
}

/** A message type with its schema. */
export interface Message<F extends Fields> extends Schema<F>, MessageType<Encoded<Schema<F>>, Decoded<Schema<F>>> {}

/** What a message is encoded from: every field may be absent. */
export type Encoded<M extends Schema> = {
  readonly [Name in keyof M['fields']]?: Value<M['fields'][Name], EncodedOne<M['fields'][Name]['type']>>
}

/** What a message is decoded to: absent fields have their default, which is null for a message. */
export type Decoded<M extends Schema> = {
  readonly [Name in keyof M['fields']]: Value<
    M['fields'][Name],
    DecodedOne<M['fields'][Name]['type']>,
    M['fields'][Name]['type'] extends Schema ? null : never
  >
}

type Value<F, One, Default = never> = F extends RepeatedField
  ? readonly One[]
  : F extends MapField
    ? Readonly<Record<string, One>>
    : One | Default

type EncodedOne<T> = T extends Schema ? Encoded<T> : T extends 'int64' ? number | Int64 : DecodedOne<T>

type DecodedOne<T> = T extends Schema ? Decoded<T> : T extends keyof Scalars ? Scalars[T] : never

/** Declares a field with one value, of a scalar type or a message. */
export function field<T extends FieldType>(type: T, id: number): Field<T> {
  return { type, id }
}

/** Declares a field with any number of values. */
export function repeated<T extends FieldType>(type: T, id: number): RepeatedField<T> {
  return { type, id, rule: 'repeated' }
}

/** Declares a field with values by string. */
export function map<T extends FieldType>(type: T, id: number): MapField<T> {
  return { type, id, keyType: 'string' }
}

/**
 * Declares a message type. Its TypeScript types are {@link Encoded} and {@link Decoded} of it.
 *
 * @example
 * ```ts
 * const range = message('Range', { start: field(position, 1), end: field(position, 2) })
 * ```
 */
export function message<F extends Fields>(name: string, fields: F): Message<F> {
  let type: protobuf.Type | undefined
  // Declarations run when their module is loaded, whether or not the message is used.
  const compiled = () => {
    type ??= protobuf.Root.fromJSON({ nested: reflectionOf(name, fields) }).lookupType(name)
    return type
  }
  return {
    fields,
    encode(message) {
      const { buffer, byteOffset, byteLength } = compiled().encode(message).finish()
      return Buffer.from(buffer, byteOffset, byteLength)
    },
    decode(bytes) {
      const type = compiled()
      try {
        return type.toObject(type.decode(bytes), { defaults: true, arrays: true, longs: Number }) as Decoded<Schema<F>>
      } catch (cause) {
        throw new GrpcError(GrpcStatus.internal, `the bytes received are not a ${name}: ${String(cause)}`)
      }
    },
  }
}

/** The type of a message and those of its fields, as protobufjs reads them. A field's type is named after the field's path. */
function reflectionOf(path: string, fields: Fields): Record<string, protobuf.IType> {
  const types: Record<string, protobuf.IType> = {}
  const reflected: Record<string, protobuf.IField> = {}
  for (const [name, { type, ...rest }] of Object.entries(fields)) {
    const fieldPath = `${path}_${rest.id}`
    if (typeof type !== 'string') Object.assign(types, reflectionOf(fieldPath, type.fields))
    reflected[name] = { ...rest, type: typeof type === 'string' ? type : fieldPath }
  }
  return { ...types, [path]: { fields: reflected } }
}
