import { EngineError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'

/** Reads the body of an answer to its end. @throws EngineError ENGINE_REJECTED if it is too long */
export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > LIMITS.engineAnswer) {
      throw new EngineError('ENGINE_REJECTED', `the engine sent a response of more than ${LIMITS.engineAnswer} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString()
}
