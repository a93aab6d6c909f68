import fc from 'fast-check'
import { expect, test } from 'vitest'
import { processorTime } from '../../../../test/support/processor-time.js'
import { analyze } from '../../src/dockerfile/analysis.js'
import { normalizedText } from '../../src/dockerfile/syntax/normalized-text.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'

const INPUT = { platform: { os: 'linux', architecture: 'amd64' }, args: { A: 'a' }, baseNames: ['b'] }

const FRAGMENTS = [
  ...[
    'FROM ',
    'FROM a AS b\n',
    'COPY ',
    'ADD ',
    'RUN ',
    'ONBUILD ',
    'ARG ',
    'ENV ',
    '--from=',
    '--mount=',
    'type=bind,',
  ],
  ...[
    '<<E',
    '<<-"E"',
    '3<< E',
    '\nE\n',
    '\n',
    '\r\n',
    '\\',
    '\\\n',
    '`',
    '#',
    '# escape=`\n',
    '# syntax=a\n',
    '\t',
    ' ',
  ],
  ...[
    '"',
    "'",
    '$',
    '${',
    '}',
    ':-',
    ':?',
    '%',
    '##',
    '//',
    '/',
    '*',
    '?',
    '[',
    ']',
    ',',
    '=',
    'A',
    'b',
    '\0',
    '\uFEFF',
  ],
]
const texts = fc.array(fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 4 })), { maxLength: 60 })

test('parses and analyzes any text, and returns places within it', () => {
  fc.assert(
    fc.property(texts, (parts) => {
      const text = parts.join('')
      const { externals } = analyze(parseDockerfile(text), INPUT)
      for (const { start, end } of externals.flatMap(({ places }) => places)) {
        expect(start).toBeLessThan(end)
        expect(end).toBeLessThanOrEqual(text.length)
      }
    }),
    { numRuns: 2000 },
  )
})

test('normalizing a Dockerfile keeps the result of its analysis, and is idempotent', () => {
  fc.assert(
    fc.property(texts, (parts) => {
      const dockerfile = parseDockerfile(parts.join(''))
      const normalized = normalizedText(dockerfile)
      const meaning = (text: string) => {
        const { externals, contextPaths, usedArgs, secrets } = analyze(parseDockerfile(text), INPUT)
        const names = externals.map(({ name }) => name)
        return { names, contextPaths, usedArgs, secrets: secrets.map(({ id }) => id) }
      }
      expect(meaning(normalized)).toEqual(meaning(dockerfile.text))
      expect(normalizedText(parseDockerfile(normalized))).toBe(normalized)
    }),
    { numRuns: 2000 },
  )
})

const HEAD = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE} AS s\n'

test.each<readonly [string, string, string]>([
  ...FRAGMENTS.map((fragment): [string, string, string] => [JSON.stringify(fragment), '', fragment]),
  ['chained stages', HEAD, 'FROM s AS s\nENV A=$A$B\nCOPY $A /\n'],
  ['ONBUILD triggers', `${HEAD}ONBUILD COPY --from=a $A /\n`, 'FROM s AS t\nCOPY --from=t / /\n'],
  ['patterns', `ARG V=${'a'.repeat(250)}\n${HEAD}`, 'FROM ${V//*a*b/c}\nCOPY --from=1 / /\n'],
  ['patterns in a stage', `${HEAD}ENV V=${'a'.repeat(250)}\n`, 'COPY ${V%%*a*b} /\n'],
  ['long values', `${HEAD}ENV V=${'a'.repeat(30_000)}\n`, 'ENV W=$V$V\n'],
  ['continued lines', `${HEAD}RUN true`, ' \\\n# why\n x'],
])('limits the processor time to parse and analyze 64 kB of %s', async (_what, head, part) => {
  const text = head + part.repeat(Math.max(0, Math.floor((64_000 - head.length) / part.length)))
  expect(await processorTime(() => parseDockerfile(text))).toBeLessThan(1000)
  expect(await processorTime(() => analyze(parseDockerfile(text), INPUT))).toBeLessThan(3000)
})
