import { Readable } from 'node:stream'

/**
 * A stream of what a generator makes of another stream. It ends at once if it is destroyed; one of `Readable.from` does
 * so only when the generator has its next part, which may never come, or not at all if it has not begun.
 *
 * @param release - Called at its end, whatever that is: lets go of what the generator reads.
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
      // The pending read has ended, so this settles too; nothing handles its rejection any more.
      parts.return(undefined).catch(() => {})
      callback(error)
    },
  })
}
