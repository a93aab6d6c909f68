import { expect, test } from 'vitest'
import { analyze } from '../../src/dockerfile/analysis.js'
import type { Dockerfile, Stage } from '../../src/dockerfile/dockerfile.js'
import { replaceSpans } from '../../src/dockerfile/pin.js'
import { expand } from '../../src/dockerfile/syntax/expand.js'
import { ExpansionError } from '../../src/dockerfile/syntax/lexer.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'

const INPUT = { platform: { os: 'linux', architecture: 'amd64' }, args: {}, baseNames: [] }
const HEAD = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE} AS base\n'

/** Texts that grow with a number, each of which would take what reads it carelessly far longer than its length. */
const SHAPES: Readonly<Record<string, (count: number) => string>> = {
  'comments inside of an instruction': (count) => `${HEAD}RUN true \\\n${'# why\n'.repeat(count)}  && true\n`,
  heredocs: (count) => HEAD + 'RUN <<EOF\necho hello\nEOF\n'.repeat(count),
  'a heredoc that never ends': (count) => `${HEAD}RUN <<EOF\n${'FROM not-an-image\n'.repeat(count)}`,
  'heredocs that never end': (count) => HEAD + 'RUN <<EOF\n'.repeat(count),
  'quotes that never end': (count) => `${HEAD}RUN "${'\\"'.repeat(count)}\n`,
  'stages that stand on one another': (count) =>
    HEAD + Array.from({ length: count }, (_, at) => `FROM ${at === 0 ? 'base' : `s${at}`} AS s${at + 1}\n`).join(''),
  'mounts from every stage': (count) => `${HEAD}FROM base\nRUN ${'--mount=from=base,target=/b '.repeat(count)}true\n`,
}

test.each(Object.entries(SHAPES))('%s are read to the end', (_shape, textOf) => {
  const { issues, usesBaseArg, externals } = analyze(parseDockerfile(textOf(1000)), INPUT)
  expect({ issues, usesBaseArg, externals }).toEqual({ issues: [], usesBaseArg: true, externals: [] })
})

test('each name in a Dockerfile is looked at a fixed number of times, however many stages there are', () => {
  const lookedAt = (count: number) => {
    let looks = 0
    const stages = Array.from({ length: count }, (_, index): Stage => {
      const from = (text: string) => ({ start: 0, end: 0, line: 1, text })
      return {
        index,
        name: `s${index}`,
        get from() {
          looks += 1
          return from(index === 0 ? 'alpine' : `s${index - 1}`)
        },
        steps: [from('s0'), from(String(Math.floor(index / 2)))].map((use) => ({
          kind: 'copy',
          isAdd: false,
          from: use,
          sources: [],
        })),
      }
    })
    const dockerfile: Dockerfile = { text: '', escapeCharacter: '\\', globalArgs: [], stages }
    expect(analyze(dockerfile, { ...INPUT, baseNames: ['alpine'] }).literalBases).toHaveLength(1)
    return looks
  }
  expect(lookedAt(5000)).toBe(lookedAt(50) * 100)
})

test('args that double one another are not expanded', () => {
  const doubling = Array.from({ length: 200 }, (_, at) => `ARG A${at + 1}=\${A${at}}\${A${at}}\n`).join('')
  const { issues, externals } = analyze(parseDockerfile(`ARG A0=xx\n${doubling}ARG BASE_IMAGE\nFROM \${A200}\n`), INPUT)
  expect({ issues, externals }).toEqual({ issues: [], externals: [] })
})

test('a value that is too long to be an address is no issue', () => {
  const value = `${'x'.repeat(60_000)}\\\n`.repeat(2)
  const { issues, unpinned } = analyze(parseDockerfile(`${HEAD}ENV LONG="${value}"\nADD $LONG https://a /b/\n`), INPUT)
  expect(issues).toEqual([])
  expect(unpinned.map(({ text }) => text)).toEqual(['https://a'])
})

test('replacements are expanded once each, in one another too, up to a depth', () => {
  const nested = (depth: number) => `${'${no:-'.repeat(depth)}end${'}'.repeat(depth)}`
  expect(expand(nested(1000), new Map())).toBe('end')
  expect(() => expand(nested(1001), new Map())).toThrow(ExpansionError)
  expect(() => expand(nested(10_000), new Map())).toThrow(ExpansionError)
  let reads = 0
  const counting = { get: () => void reads++ } as unknown as ReadonlyMap<string, string>
  // Both the word and its replacement name a variable: 2^50 expansions if either were expanded at each level.
  const both = Array.from({ length: 50 }).reduce<string>((inner) => `\${a:-\${b}${inner}}`, 'end')
  expect(expand(both, counting)).toBe('end')
  expect(reads).toBe(100)
})

test('a line that BuildKit does not read is an issue with its number, before anything else is read', () => {
  const textWith = (bytes: number) => `${HEAD}RUN true\n${'#'.repeat(bytes)}\nRUN true\n`
  expect(analyze(parseDockerfile(textWith(65_535)), INPUT).issues).toEqual([])
  expect(analyze(parseDockerfile(textWith(65_536)), INPUT).issues).toMatchObject([
    { line: 4, message: expect.stringContaining('longer than 65535 bytes') },
  ])
  const { issues } = analyze(parseDockerfile(`${HEAD}RUN ${'x '.repeat(5_000_000)}\n`), INPUT)
  expect(issues).toMatchObject([{ line: 3 }])
})

test('what is no Dockerfile at all has no FROM', () => {
  for (const text of ['', '\0'.repeat(1000), '${'.repeat(10_000), '\\\n'.repeat(10_000), '\r'.repeat(1000)]) {
    expect(analyze(parseDockerfile(text), INPUT).issues).toMatchObject([
      { message: expect.stringContaining('no FROM') },
    ])
  }
})

test('a thousand places are replaced in one pass', () => {
  const text = 'FROM a\n'.repeat(1000)
  const places = Array.from({ length: 1000 }, (_, at) => ({ start: at * 7 + 5, end: at * 7 + 6, line: at + 1 }))
  const replacements = places.map((place, at) => ({ place, text: `image-${at}` })).reverse()
  expect(replaceSpans(text, replacements).split('\n').slice(0, 1000)).toEqual(
    places.map((_place, at) => `FROM image-${at}`),
  )
})
