import { Readable } from 'node:stream'

/**
 * A stream of a generator's output. It closes at once if it is destroyed. A stream of `Readable.from` closes only after
 * the generator's next chunk, which may never arrive, and never if the generator has not started.
 *
 * @param release - called when the stream ends, fails or is destroyed, to release the generator's input
 */
export function streamOf(parts: AsyncGenerator<Uint8Array>, release: () => void): Readable {
  return new Readable({
    async read() {
      try {
        const { done, value } = await parts.next()
        this.push(done ? null : value)
      } catch (error) {
        this.destroy(error instanceof Error ? error : new Error(String(error)))
      }
    },
    destroy(error, callback) {
      release()
      // The pending read has ended, so this promise settles too; its rejection needs no handler.
      parts.return(undefined).catch(() => {})
      callback(error)
    },
  })
}
