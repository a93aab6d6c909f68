import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ContextEntry } from '../../src/context/context-file.js'
import { digestOf } from '../../src/model/digest.js'
import { checkEntries, checkLines, isDirectoryCheck } from '../../src/steps/image/context/context-checks.js'
import {
  checkArgs,
  encodeParts,
  imageParts,
  PARTS_ANNOTATION,
  readBase,
  readParts,
} from '../../src/steps/image/image-parts.js'
import { PLAIN_HASH, rememberingHash } from '../../src/steps/input-hash.js'

const hash = (json: string) => createHash('sha256').update(json).digest('hex')
/** The check values of the design: 8 bits of a content, 4 bits of a name, of their canonical JSON. */
const content = (json: string) => hash(json).slice(0, 2)
const name = (text: string) => hash(`["name",${JSON.stringify(text)}]`).slice(0, 1)

const DIGEST = digestOf('x')
const ENTRIES: readonly ContextEntry[] = [
  { kind: 'directory', path: 'a/src', mode: 0o755, modified: 0 },
  { kind: 'file', path: 'a/src/main.c', digest: DIGEST, size: 1, mode: 0o644, modified: 0 },
  { kind: 'file', path: 'same', digest: DIGEST, size: 1, mode: 0o600, modified: 0, link: 'a/src/main.c' },
  { kind: 'symlink', path: 'link', target: 'a/src', modified: 0 },
]

describe('the check values of a context', () => {
  it('are bits of the last name, the content and the whole mode', () => {
    expect(checkEntries(ENTRIES, PLAIN_HASH)).toEqual([
      { name: `d${name('src')}`, content: hash('"src"').slice(0, 1), mode: '755' },
      { name: `f${name('main.c')}`, content: content(`"${DIGEST}"`), mode: '644' },
      { name: `f${name('same')}`, content: content(JSON.stringify([DIGEST, '"a/src/main.c"'])), mode: '600' },
      { name: `l${name('link')}`, content: content('"a/src"'), mode: '' },
    ])
    expect(checkEntries(ENTRIES, PLAIN_HASH).map(isDirectoryCheck)).toEqual([true, false, false, false])
  })

  it('are those of the bytes if a name is not UTF-8', () => {
    const raw = Buffer.from([0x61, 0x2f, 0xff])
    const entry: ContextEntry = { kind: 'symlink', path: 'a/\ufffd', rawPath: raw, target: '\ufffd', modified: 0 }
    expect(checkEntries([{ ...entry, rawTarget: Buffer.from([0xfe]) }], PLAIN_HASH)).toEqual([
      { name: `l${name('ff')}`, content: content('"fe"'), mode: '' },
    ])
  })

  it.each(['fe', 'fd', 'fc'])('are those of the last name alone, also if its bytes %s are not UTF-8', (hex) => {
    const rawPath = Buffer.from(`6162632f${hex}`, 'hex')
    const entry: ContextEntry = { kind: 'directory', path: 'abc/\ufffd', rawPath, mode: 0o755, modified: 0 }
    expect(checkEntries([entry], PLAIN_HASH)).toEqual([
      { name: `d${name(hex)}`, content: hash(`"${hex}"`).slice(0, 1), mode: '755' },
    ])
  })

  it('are computed once for all platforms of a run, and again for other entries', () => {
    const ofRun = rememberingHash(PLAIN_HASH)
    const checks = checkEntries(ENTRIES, ofRun)
    expect(checks).toEqual(checkEntries(ENTRIES, PLAIN_HASH))
    expect(checkEntries(ENTRIES, ofRun)).toBe(checks)
    expect(checkEntries(ENTRIES.slice(1), ofRun)).toEqual(checks.slice(1))
  })

  it('of a Dockerfile are those of its lines', () => {
    expect(checkLines('FROM scratch\nRUN x', PLAIN_HASH)).toEqual([content('"FROM scratch"'), content('"RUN x"')])
  })
})

describe('the parts of an image', () => {
  const build = { args: { B: '2', A: '1' }, labels: { team: 'x' }, network: 'none', target: undefined }
  const inputs = { base: digestOf('base'), context: DIGEST, dockerfile: 'FROM scratch\n', build }
  const partsOf = () => imageParts(inputs, ENTRIES, PLAIN_HASH)

  it('are check values of what its key is made of', () => {
    expect(partsOf()).toEqual({
      version: 2,
      base: digestOf('base'),
      context: `sha256:${hash(JSON.stringify(checkEntries(ENTRIES, PLAIN_HASH).map(({ content: c, mode, name: n }) => ({ content: c, mode, name: n }))))}`,
      dockerfile: `sha256:${hash(JSON.stringify(checkLines('FROM scratch\n', PLAIN_HASH)))}`,
      args: [
        { name: name('A'), content: content('["A","1"]') },
        { name: name('B'), content: content('["B","2"]') },
      ],
      labels: { team: content('["team","x"]') },
      settings: { network: content('["network","none"]'), schema: content('["schema",3]') },
    })
    expect(checkArgs(build.args, PLAIN_HASH).map(({ arg }) => arg)).toEqual(['A', 'B'])
  })

  it('are read back from the annotation that they are written as', () => {
    const parts = partsOf()
    expect(PARTS_ANNOTATION).toBe('io.polyarch.parts')
    expect(readParts({ [PARTS_ANNOTATION]: encodeParts(parts) })).toEqual(parts)
    expect(readBase({ [PARTS_ANNOTATION]: encodeParts(parts) })).toBe(parts.base)
    expect(encodeParts(parts)).toMatch(/^\{"args":/)
  })

  it.each([
    ['another version', { version: 1 }],
    ['no base', { base: undefined }],
    ['a base that is no digest', { base: 'sha256:1' }],
    ['a context that is no digest', { context: 1 }],
    ['a Dockerfile that is no digest', { dockerfile: 'x' }],
    ['args that are no list', { args: {} }],
    ['an arg without content', { args: [{ name: 'a' }] }],
    ['an arg without a name', { args: [{ content: 'a' }] }],
    ['an arg that is nothing', { args: [null] }],
    ['one of two args that is no object', { args: [{ name: 'a', content: 'b' }, 'x'] }],
    ['labels that are a list', { labels: [] }],
    ['labels that are no texts', { labels: { a: 'x', b: 1 } }],
    ['settings that are nothing', { settings: null }],
    ['settings that are no texts', { settings: { a: 1 } }],
    ['the name of a secret that is no text', { keySecret: 1 }],
  ])('with %s are not read', (_what, change) => {
    expect(readParts({ [PARTS_ANNOTATION]: JSON.stringify({ ...partsOf(), ...change }) })).toBeUndefined()
  })

  it.each(['', 'x', '[]', 'null', '1', '"x"'])('are not read from %j', (text) => {
    expect(readParts({ [PARTS_ANNOTATION]: text })).toBeUndefined()
    expect(readBase({ [PARTS_ANNOTATION]: text })).toBeUndefined()
  })

  it('are unknown of a manifest that has none', () => {
    for (const annotations of [undefined, {}]) {
      expect(readParts(annotations)).toBeUndefined()
      expect(readBase(annotations)).toBeUndefined()
    }
    expect(readBase({ [PARTS_ANNOTATION]: '{"base":"x"}' })).toBeUndefined()
    expect(readBase({ [PARTS_ANNOTATION]: `{"base":"${DIGEST}"}` })).toBe(DIGEST)
  })
})
