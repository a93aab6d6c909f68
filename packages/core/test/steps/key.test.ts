import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ContextListing } from '../../src/context/context-file.js'
import { keyOf } from '../../src/steps/key.js'
import { listDirectory } from '../context/listed.js'

/** Names that sort otherwise by locale than by code unit, or look alike. */
const NAMES = ['a', 'B', 'z', 'ä', 'Z', '_', '10', '9', 'é', 'e\u0301', 'ı'] as const

interface SomeFile {
  readonly folder: string
  readonly name: string
  readonly content: string
  readonly executable: boolean
}

const someFile: fc.Arbitrary<SomeFile> = fc.record({
  folder: fc.constantFrom('', 'x', 'x/y', 'Ü'),
  name: fc.constantFrom(...NAMES),
  content: fc.string(),
  executable: fc.boolean(),
})
const someFiles = fc.uniqueArray(someFile, { maxLength: 12, selector: ({ folder, name }) => `${folder}/${name}` })

/** What differs from machine to machine, and from checkout to checkout. */
const circumstances = fc.record({
  order: fc.infiniteStream(fc.nat()),
  umask: fc.constantFrom(0o000, 0o022, 0o027, 0o077),
  modified: fc.integer({ min: 1, max: 2_000_000_000 }),
})

type Circumstances = typeof circumstances extends fc.Arbitrary<infer Value> ? Value : never

/** Lists the files from a directory of their own, written in another order, with other times and another umask. */
async function listed(files: readonly SomeFile[], { order, umask, modified }: Circumstances): Promise<ContextListing> {
  const directory = await mkdtemp(join(tmpdir(), 'polyarch-key-'))
  try {
    const ranks = new Map(files.map((file) => [file, order.next().value ?? 0]))
    const shuffled = files.toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0))
    for (const { folder, name, content, executable } of shuffled) {
      const path = join(directory, folder, name)
      await mkdir(join(directory, folder), { recursive: true })
      await writeFile(path, content)
      // The owner can always read and run what it has written.
      await chmod(path, ((executable ? 0o777 : 0o666) & ~umask) | 0o400)
      await utimes(path, modified, modified)
    }
    await writeFile(join(directory, 'Dockerfile'), 'FROM scratch\n')
    return (await listDirectory({ directory, fileModes: 'git' })).listing
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

describe('a key', () => {
  it('does not depend on place, times, umask or the order of files, with the modes of git', async () => {
    const property = fc.asyncProperty(someFiles, circumstances, circumstances, async (files, one, other) => {
      const [here, there] = [await listed(files, one), await listed(files, other)]
      expect(there.digest).toBe(here.digest)
    })
    await fc.assert(property, { numRuns: 30 })
  })

  it('depends on every content, path and executable bit', async () => {
    const property = fc.asyncProperty(someFiles, someFile, circumstances, async (files, added, one) => {
      fc.pre(!files.some(({ folder, name }) => folder === added.folder && name === added.name))
      const changes: readonly (readonly SomeFile[])[] = [
        files,
        [...files, added],
        [...files, { ...added, content: `${added.content}.` }],
        [...files, { ...added, executable: !added.executable }],
      ]
      const digests = new Set<string>()
      for (const change of changes) digests.add((await listed(change, one)).digest)
      expect(digests.size).toBe(changes.length)
    })
    await fc.assert(property, { numRuns: 10 })
  })

  it('does not depend on the order of names, and does on every value', () => {
    const values = fc.dictionary(fc.string(), fc.string(), { minKeys: 1 })
    fc.assert(
      fc.property(values, fc.string(), (args, more) => {
        const turned = Object.fromEntries(Object.entries(args).toReversed())
        expect(keyOf('image', { args: turned })).toBe(keyOf('image', { args }))
        const [first = ''] = Object.keys(args)
        const changed = { ...args, [first]: `${args[first]}${more}.` }
        expect(keyOf('image', { args: changed })).not.toBe(keyOf('image', { args }))
      }),
    )
  })

  it('is this one, on every machine and line of Node', () => {
    expect(
      keyOf('image', { platform: { os: 'linux', architecture: 'arm', variant: 'v7' }, args: { Ä: 'ß', B: '' } }),
    ).toBe('7217687c3d7982e79ca239b082feb220866cc1f2c83ab114ae2d0cedcc62aef5')
  })
})
