import { type Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { type Digest, isDigest } from '../../../../model/digest.js'
import type { Decoded, Encoded } from '../../grpc/messages.js'
import {
  answerStreamMethod,
  CallError,
  messagesOf,
  NotInSession,
  type SessionService,
  sendMessage,
  streamMethod,
  unaryMethod,
} from '../service.js'
import { info, read, WriteAction, write } from './content-schema.js'
import type { ContentAddition, ContentStore } from './content-store.js'

/** Metadata of a call that names the store. @see https://github.com/moby/buildkit/blob/v0.25.0/session/content/attachable.go */
const STORE_KEY = 'buildkit-attachable-store-id'

const SERVICE = '/containerd.services.content.v1.Content'

/** Bytes of content in one message. */
const PIECE = 256 * 1024

/** Serves stores of content by id: caches in directories, and image layouts that a build uses. */
export function contentService(stores: ReadonlyMap<string, ContentStore>): SessionService {
  const storeOf = (metadata: Metadata): ContentStore => {
    const id = String(metadata.get(STORE_KEY)[0] ?? '')
    const store = stores.get(id)
    if (store === undefined) throw new NotInSession(`the session has no content store '${id}'`)
    return store
  }
  return [
    unaryMethod(`${SERVICE}/Info`, info, async ({ digest }, { metadata }) => {
      const { size } = await find(storeOf(metadata), digest)
      return { info: { digest, size } }
    }),
    answerStreamMethod(`${SERVICE}/Read`, read, async (call) => {
      const store = storeOf(call.metadata)
      const found = await find(store, call.request.digest)
      let { offset } = call.request
      if (offset > found.size) throw new CallError(status.OUT_OF_RANGE, `${found.digest} has ${found.size} bytes`)
      const length = call.request.size > 0 ? call.request.size : found.size - offset
      if (length === 0) return
      for await (const chunk of store.read(found.digest, offset, length)) {
        for (let start = 0; start < chunk.byteLength; start += PIECE) {
          if (call.cancelled) return
          const data = chunk.subarray(start, start + PIECE)
          await sendMessage(call, { offset, data })
          offset += data.byteLength
        }
      }
    }),
    streamMethod(`${SERVICE}/Write`, write, async (call) => {
      const store = storeOf(call.metadata)
      if (store.add === undefined) throw new CallError(status.PERMISSION_DENIED, 'the content store is read-only')
      await using addition = await store.add()
      await receive(call, store, addition)
    }),
  ]
}

async function find(store: ContentStore, text: string): Promise<{ readonly digest: Digest; readonly size: number }> {
  const digest = digestOf(text)
  const size = digest && (await store.size(digest))
  if (digest === undefined || size === undefined) throw new NotInSession(`the content store has no ${text}`)
  return { digest, size }
}

/**
 * Receives content until it is committed or aborted. Each call adds separate content, so builds that add equal content
 * concurrently do not wait for each other.
 */
async function receive(
  call: ServerDuplexStream<Decoded<typeof write.request>, Encoded<typeof write.answer>>,
  store: ContentStore,
  addition: ContentAddition,
): Promise<void> {
  for await (const { action, data, offset, expected, total } of messagesOf(call)) {
    const digest = digestOf(expected)
    if (digest !== undefined && (await store.size(digest)) !== undefined) {
      throw new CallError(status.ALREADY_EXISTS, `the content store has ${digest}`)
    }
    if (data.byteLength > 0) await append(addition, data, offset)
    if (action === WriteAction.commit) {
      if (total > 0 && total !== addition.size) {
        throw new CallError(status.FAILED_PRECONDITION, `${addition.size} bytes were received instead of ${total}`)
      }
      const { size } = addition
      await sendMessage(call, { action, offset: size, total: size, digest: await addition.commit(digest) })
      return void call.end()
    }
    await sendMessage(call, { action, offset: addition.size, total, digest: '' })
  }
}

async function append(addition: ContentAddition, data: Uint8Array, offset: number): Promise<void> {
  try {
    await addition.write(data, offset)
  } catch (error) {
    if (error instanceof RangeError) throw new CallError(status.OUT_OF_RANGE, error.message)
    throw error
  }
}

function digestOf(text: string): Digest | undefined {
  if (text === '') return undefined
  if (!isDigest(text)) throw new CallError(status.INVALID_ARGUMENT, `'${text}' is not a digest`)
  return text
}
