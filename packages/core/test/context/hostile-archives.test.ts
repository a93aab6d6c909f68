import { chmod, lstat, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { openContext } from '../../src/context/open-context.js'
import { archiveOf, hostileArchives, paxHeader } from './hostile-archives.js'

let outside: TempFolder
let scratch: TempFolder
beforeEach(async () => {
  outside = await tempFolder('outside')
  await writeFile(join(outside.path, 'file'), 'untouched')
  await chmod(outside.path, 0o750)
  scratch = await tempFolder('scratch')
  vi.stubEnv('TMPDIR', scratch.path)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await scratch[Symbol.asyncDispose]()
  await outside[Symbol.asyncDispose]()
})

/** Opens an archive as a context, and closes it. */
async function open(bytes: Buffer): Promise<readonly string[]> {
  const context = { kind: 'stream', open: () => Readable.from([bytes]) } as const
  await using opened = await openContext({ context, dockerfile: 'Dockerfile' })
  const paths = (await opened.select('all')).entries.map(({ path }) => path)
  return paths.filter((path) => path !== 'Dockerfile')
}

/** What an archive could change outside of its folder. */
async function stateOutside() {
  const { mode, mtimeMs, ctimeMs, uid } = await lstat(outside.path)
  const text = await readFile(join(outside.path, 'file'), 'utf8')
  return { mode, mtimeMs, ctimeMs, uid, text, names: await readdir(outside.path) }
}

it.each(Object.keys(hostileArchives('')))('refuses an archive with %s, and leaves nothing', async (name) => {
  const [archive, says] = hostileArchives(outside.path)[name] ?? []
  const before = await stateOutside()
  const error = await open(archive ?? Buffer.alloc(0)).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'CONTEXT_UNREADABLE', message: expect.stringMatching(says ?? '') })
  expect(error).toHaveProperty('hint', expect.stringMatching(/./))
  expect(await stateOutside()).toEqual(before)
  expect(await readdir(scratch.path)).toEqual([])
})

it('unpacks what is unusual and harmless', async () => {
  const archive = archiveOf(
    { name: '/absolute', content: 'x', owner: '7777777' },
    { name: 'closed/', type: '5', mode: '0000555' },
    { name: 'closed/file', content: 'x' },
    { name: 'twice', content: 'first' },
    { name: 'twice', content: 'second' },
    { name: 'a/../b', content: 'x' },
    { name: './', type: '5' },
    { name: 'dangling', type: '2', link: '../../nowhere' },
    { name: 'pipe', type: '6' },
    paxHeader({ uid: '99999999999', gid: '-5', path: 'owner' }),
    { name: 'x', content: 'x' },
  )
  expect(await open(archive)).toEqual(['absolute', 'b', 'closed', 'closed/file', 'dangling', 'owner', 'twice'])
  expect(await readdir(scratch.path)).toEqual([])
})

it('ends with a typed error or a context, whatever bytes of an archive change', { timeout: 120_000 }, async () => {
  const archives = Object.values(hostileArchives(outside.path)).map(([archive]) => archive)
  const before = await stateOutside()
  const mutant = fc
    .record({
      archive: fc.constantFrom(...archives.filter(({ length }) => length < 100_000)),
      changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      isCut: fc.boolean(),
    })
    .map(({ archive, changes, isCut }) => {
      const bytes = Buffer.from(archive)
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      return withChecksums(isCut ? bytes.subarray(0, (changes[0]?.[0] ?? 0) % bytes.length) : bytes)
    })
  await fc.assert(
    fc.asyncProperty(mutant, async (bytes) => {
      const error = await open(bytes).then(
        () => undefined,
        (caught: unknown) => caught,
      )
      if (error !== undefined)
        expect(error).toHaveProperty('code', expect.stringMatching(/^(CONTEXT_UNREADABLE|DEFINITION_INVALID)$/))
      expect(await readdir(scratch.path)).toEqual([])
    }),
    { numRuns: 500 },
  )
  expect(await stateOutside()).toEqual(before)
})

/** Makes the checksums of all blocks that look like headers right again, so that mutants get past the first check. */
function withChecksums(bytes: Buffer): Buffer {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const header = bytes.subarray(at, at + 512)
    if (header.toString('latin1', 257, 262) !== 'ustar') continue
    header.fill(' ', 148, 156)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148)
  }
  return bytes
}
