import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { eachLayerEntry } from '../../src/machine-code/layer-entries.js'
import { type LayerFiles, readLayerFiles } from '../../src/machine-code/layer-files.js'
import { LIMITS } from '../../src/model/limits.js'
import { archiveOf, paxHeader, type RawEntry } from '../context/hostile-archives.js'
import { armAttributes, elfFile } from './elf-file.js'

const AMD64 = elfFile({ machine: 62, bits: 64 })
const program = (name: string, content: Buffer = AMD64): RawEntry => ({ name, mode: '0000755', content })
const amd64 = { kind: 'executable', code: { architecture: 'amd64' } }

/** Reads an archive in chunks of a size. */
function read(archive: Buffer, chunk = archive.length): Promise<LayerFiles> {
  const chunks = Array.from({ length: Math.ceil(archive.length / chunk) }, (_, at) =>
    archive.subarray(at * chunk, (at + 1) * chunk),
  )
  return readLayerFiles(Readable.from(chunks))
}

async function entriesOf(...entries: readonly (RawEntry | Buffer)[]) {
  return Object.fromEntries((await read(archiveOf(...entries))).entries)
}

describe('the entries of a layer', () => {
  it('are its directories, links and executables', async () => {
    const found = await entriesOf(
      { name: './usr/', type: '5' },
      { name: 'bin', type: '2', link: 'usr/bin' },
      { name: 'usr/bin/dash', type: '1', link: './usr//bin/sh' },
      program('/usr/bin/sh'),
      { ...program('usr/bin/contiguous'), type: '7' },
      { name: 'usr/bin/script', mode: '0000100', content: '#!/bin/sh' },
      { name: 'usr/bin/group', mode: '0000010' },
      { name: 'usr/bin/others', mode: '0000001' },
      { name: 'etc/passwd', mode: '0000666', content: AMD64 },
      { name: 'run/fifo', type: '6', mode: '0000777' },
      { name: 'dev/null', type: '3', mode: '0000777' },
    )
    const script = { kind: 'executable', code: undefined }
    expect(found).toEqual({
      usr: { kind: 'directory' },
      bin: { kind: 'link', target: 'usr/bin' },
      'usr/bin/dash': { kind: 'same-as', path: 'usr/bin/sh' },
      'usr/bin/sh': amd64,
      'usr/bin/contiguous': amd64,
      'usr/bin/script': script,
      'usr/bin/group': script,
      'usr/bin/others': script,
    })
  })

  it('are whiteouts if they remove what is below', async () => {
    const { entries, removed, opaque } = await read(
      archiveOf({ name: 'a/.wh.b' }, { name: '.wh.c' }, { name: 'd/.wh..wh..opq' }, { name: '.wh..wh..opq' }),
    )
    expect([[...entries], [...removed], [...opaque]]).toEqual([[], ['a/b', 'c'], ['d', '']])
  })

  it('take memory by their paths and targets, each once', async () => {
    const memoryOf = async (...entries: readonly RawEntry[]) => (await read(archiveOf(...entries))).memory
    expect(await memoryOf({ name: 'etc/motd' })).toBe(0)
    expect(await memoryOf({ name: 'a', type: '2', link: 'bcd' })).toBe(150 + 1 + 3)
    expect(await memoryOf(program('a'), program('a'))).toBe(150 + 1)
    expect(await memoryOf({ name: '.wh.a' }, { name: 'b/.wh..wh..opq' })).toBe(150 + 5 + 150 + 14)
  })

  it('have their code wherever chunks end', async () => {
    const archive = archiveOf(program('a'), program('b', elfFile({ machine: 40, attributes: armAttributes(6, true) })))
    for (const chunk of [7, 63, 64, 65, 512, archive.length]) {
      expect(Object.fromEntries((await read(archive, chunk)).entries)).toEqual({
        a: amd64,
        b: { kind: 'executable', code: { architecture: 'arm', arm: { version: 6, hardFloat: true } } },
      })
    }
  })

  it('have their code within the limit of a program', async () => {
    const arm = (padding: number) => elfFile({ machine: 40, attributes: armAttributes(10, true), padding })
    const chunked = async (padding: number) =>
      (await read(archiveOf(program('a', arm(padding))), 65_536)).entries.get('a')
    expect(await chunked(LIMITS.program - 70_000)).toMatchObject({ code: { arm: { version: 7 } } })
    expect(await chunked(LIMITS.program + 70_000)).toEqual({
      kind: 'executable',
      code: { architecture: 'arm', arm: {} },
    })
  })

  it('have the names of their own headers, not of a global one', async () => {
    const global = { name: 'pax', type: 'g', content: '14 path=other\n' }
    expect(Object.keys(await entriesOf(global, program('a'), paxHeader({ path: 'b' }), program('x')))).toEqual([
      'a',
      'b',
    ])
  })
})

describe('a layer is rejected', () => {
  const long = (length: number) => `${'x'.repeat(199)}/`.repeat(21).slice(0, length)

  it('for a path or a target that is too long', async () => {
    expect(await entriesOf(paxHeader({ path: long(4096) }), program('x'))).toEqual({ [long(4096)]: amd64 })
    await expect(entriesOf(paxHeader({ path: long(4097) }), program('x'))).rejects.toThrow(
      'it has a path of more than 4096 characters',
    )
    const link = (length: number) => entriesOf(paxHeader({ linkpath: long(length) }), { name: 'x', type: '2' })
    expect(await link(4096)).toEqual({ x: { kind: 'link', target: long(4096) } })
    await expect(link(4097)).rejects.toThrow('more than 4096 characters')
  })

  it('for a path of too many directories', async () => {
    const deep = (directories: number) => entriesOf(paxHeader({ path: `${'a/'.repeat(directories)}b` }), program('x'))
    expect(Object.keys(await deep(256))).toHaveLength(1)
    await expect(deep(257)).rejects.toThrow('it has a path of more than 256 directories')
  })

  it('for a size that is no number', async () => {
    await expect(entriesOf({ name: 'x', size: Buffer.alloc(12, 0xd4) })).rejects.toThrow(
      'it has an entry whose size is not a number',
    )
  })

  it('where it is no archive, or ends too early', async () => {
    await expect(read(Buffer.alloc(2048, 'x'))).rejects.toThrow(/tar/i)
    await expect(read(archiveOf(program('a', Buffer.alloc(5000))).subarray(0, 2000))).rejects.toThrow(/end/i)
  })

  it('where reading it fails, with that error, also within an entry', async () => {
    const archive = archiveOf(program('a', Buffer.alloc(5000)))
    async function* failing() {
      yield archive.subarray(0, 2000)
      throw new Error('the connection is gone')
    }
    const tar = Readable.from(failing())
    await expect(readLayerFiles(tar)).rejects.toThrow('the connection is gone')
    expect(tar.destroyed).toBe(true)
  })

  it('where the caller fails, and is not read any further', async () => {
    const tar = Readable.from([archiveOf(program('a'), program('b'))])
    const names: string[] = []
    const reading = eachLayerEntry(tar, async ({ header }) => {
      names.push(header.name)
      throw new Error('enough')
    })
    await expect(reading).rejects.toThrow('enough')
    expect(names).toEqual(['Dockerfile'])
    expect(tar.destroyed).toBe(true)
  })
})
