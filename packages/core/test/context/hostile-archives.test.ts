import { chmod, lstat, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { processorTime } from '../../../../test/support/processor-time.js'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { openContext } from '../../src/context/open-context.js'
import { digestOf } from '../../src/model/digest.js'
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

/** Opens an archive as a context, closes it, and returns its paths without the Dockerfile. */
async function open(bytes: Buffer): Promise<readonly string[]> {
  const context = { kind: 'stream', open: () => Readable.from([bytes]) } as const
  await using opened = await openContext({ context, dockerfile: 'Dockerfile' })
  const paths = (await opened.select('all')).entries.map(({ path }) => path)
  return paths.filter((path) => path !== 'Dockerfile')
}

/** The state outside the unpacked folder that a hostile archive could change. */
async function stateOutside() {
  const { mode, mtimeMs, ctimeMs, uid } = await lstat(outside.path)
  const text = await readFile(join(outside.path, 'file'), 'utf8')
  return { mode, mtimeMs, ctimeMs, uid, text, names: await readdir(outside.path) }
}

it.each(Object.keys(hostileArchives('')))('rejects an archive with %s, and leaves no files', async (name) => {
  const [archive, says] = hostileArchives(outside.path)[name] ?? []
  const before = await stateOutside()
  const error = await open(archive ?? Buffer.alloc(0)).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'CONTEXT_UNREADABLE', message: expect.stringMatching(says ?? '') })
  expect(error).toHaveProperty('hint', expect.stringMatching(/./))
  expect(await stateOutside()).toEqual(before)
  expect(await readdir(scratch.path)).toEqual([])
})

it('unpacks unusual but harmless entries', async () => {
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

it('unpacks modes, times, links and replaced files as in the archive', async () => {
  const date = (seconds: number) => seconds.toString(8).padStart(11, '0')
  const late = 2 ** 32
  const archive = archiveOf(
    { name: 'closed/', type: '5', mode: '0001555', time: date(1_000_000) },
    { name: 'closed/sub/', type: '5', mode: '0000500', time: date(2_000_000) },
    { name: 'closed/sub/file', content: 'x', mode: '0004711', time: date(late) },
    { name: 'closed/same', type: '1', link: 'closed/sub/file', mode: '0000777' },
    { name: 'closed/link', type: '2', link: '/nowhere', time: date(3_000_000) },
    { name: 'first', content: 'first', mode: '0000444' },
    { name: 'other', type: '1', link: 'first' },
    { name: 'first', content: 'second' },
    { name: 'dévice', content: '', mode: '0000400', time: date(0) },
  )
  const context = { kind: 'stream', open: () => Readable.from([archive]) } as const
  await using opened = await openContext({ context, dockerfile: 'Dockerfile' })
  const { entries } = await opened.select('all')
  const found = Object.fromEntries(entries.map((entry) => [entry.path, entry]))
  const [firstDigest, secondDigest] = ['first', 'second'].map((text) => digestOf(Buffer.from(text)))
  expect(found).toMatchObject({
    closed: { mode: 0o1555, modified: 1_000_000_000 },
    'closed/sub': { mode: 0o500, modified: 2_000_000_000 },
    'closed/sub/file': { mode: 0o4711, modified: late * 1000 },
    'closed/same': { mode: 0o4711, modified: late * 1000 },
    'closed/link': { target: '/nowhere', modified: 3_000_000_000 },
    first: { digest: secondDigest, mode: 0o644 },
    other: { digest: firstDigest, mode: 0o444 },
    dévice: { mode: 0o400, modified: 0 },
  })
})

it('limits the processor time for many records in a global header', async () => {
  const records = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`key${at}`, '']))
  const header = Buffer.from(paxHeader(records))
  header.write('g', 156)
  const archive = withChecksums(archiveOf(header, ...Array.from({ length: 1000 }, () => paxHeader({ a: 'b' }))))
  const unpack = async () => expect(await open(archive)).toEqual([])
  expect(await processorTime(unpack)).toBeLessThan(5000)
})

it('opens a mutated archive or rejects it with a typed error, and changes nothing outside', {
  timeout: 120_000,
}, async () => {
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

/** Corrects the checksum of every header block, so that mutants pass the checksum check. */
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
