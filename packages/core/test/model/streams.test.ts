import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { pack } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { tarReader } from '../../src/machine-code/tar-reader.js'
import { onAbort } from '../../src/model/async/on-abort.js'
import { streamOf } from '../../src/model/async/stream-of.js'

describe('onAbort', () => {
  it('calls the listener once, unless it was removed', () => {
    const controller = new AbortController()
    let [kept, removed] = [0, 0]
    onAbort(controller.signal, () => kept++)
    onAbort(controller.signal, () => removed++)()
    controller.abort()
    controller.signal.dispatchEvent(new Event('abort'))
    expect([kept, removed]).toEqual([1, 0])
  })

  it('allows more listeners than Node warns of', async () => {
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    const { signal } = new AbortController()
    for (let count = 0; count < 20; count++) onAbort(signal, () => {})
    await delay(10)
    process.off('warning', warned)
    expect(warnings).toEqual([])
  })
})

describe('streamOf', () => {
  async function* parts() {
    yield Buffer.from('one ')
    yield Buffer.from('two')
  }

  it('has the parts of the generator, and releases what it read', async () => {
    let released = 0
    const stream = streamOf(parts(), () => released++)
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('one two')
    await delay(0)
    expect(released).toBe(1)
  })

  it.each([[new TypeError('broken'), 'broken'] as const, ['text', 'text'] as const])(
    'fails with what the generator throws: %s',
    async (thrown, message) => {
      // biome-ignore lint/correctness/useYield: it fails before its first part
      async function* failing(): AsyncGenerator<Uint8Array> {
        throw thrown
      }
      const failure = await streamOf(failing(), () => {})
        .toArray()
        .catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(thrown instanceof Error ? TypeError : Error)
      expect(failure).toMatchObject({ message })
    },
  )

  it('ends at once if it is destroyed, though the next part never comes', async () => {
    let released = false
    async function* waiting(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one')
      await new Promise(() => {})
    }
    const stream = streamOf(waiting(), () => {
      released = true
    })
    stream.once('data', () => stream.destroy(new Error('enough')))
    await expect(stream.toArray()).rejects.toThrow('enough')
    expect(released).toBe(true)
  })
})

describe('tarReader', () => {
  it('ignores records of a global pax header', async () => {
    const archive = pack()
    archive.entry({ name: 'global' }, '16 path=renamed\n')
    archive.entry({ name: 'file' }, 'x')
    archive.finalize()
    const bytes = await buffer(archive)
    const names: string[] = []
    const reader = tarReader().end(asGlobalHeader(bytes))
    for await (const entry of reader) {
      names.push(entry.header.name)
      entry.resume()
    }
    expect(names).toEqual(['file'])
  })
})

/** Changes the type of the first entry of an archive, and its checksum by as much. */
function asGlobalHeader(archive: Buffer): Buffer {
  const [type, checksum] = [archive.readUInt8(156), Number.parseInt(archive.toString('latin1', 148, 154), 8)]
  archive.write('g', 156)
  archive.write((checksum + 'g'.charCodeAt(0) - type).toString(8).padStart(6, '0'), 148)
  return archive
}
