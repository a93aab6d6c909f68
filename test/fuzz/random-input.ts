import fc from 'fast-check'
import type { FuzzTarget } from './target.js'

/** What parsers of any format may take for something else. */
const WORDS: readonly string[] = [
  ...[
    '\0',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '"',
    "'",
    '\\',
    '/',
    '..',
    '-',
    '--',
    ':',
    '::',
    '=',
    '%',
    '%zz',
    '$',
    '$(',
    '${',
    '#',
    '@',
    ',',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '{}',
    '[]',
    'null',
    'true',
    '1e999',
    '-1',
    '99999999999999999999',
    '\ud800',
    '\u202e',
    '\u2028',
    '\u009b',
  ],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '\xff\xfe', '\u{1f4a9}', '\x1b[2J', '##[', '<script>'],
]

/** JSON values that a field does not expect. */
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    '',
    'x',
    '__proto__',
    '\u0000',
    '\ud800',
    [],
    {},
    [[]],
    [null],
    { a: null },
  ],
  { toString: 1, length: -1 },
  Array.from({ length: 100 }, () => 'x'),
]

/** Inputs of a target: its seeds after random changes, and random bytes. Equal seeds of fast-check give equal inputs. */
export function randomInput({ seeds, words = [] }: FuzzTarget): fc.Arbitrary<Buffer> {
  const samples: readonly Buffer[] = seeds.map((seed) => Buffer.from(seed as string))
  const edit = fc.record({
    kind: fc.integer({ min: 0, max: 7 }),
    at: fc.nat(),
    length: fc.nat(64),
    byte: fc.nat(255),
    word: fc.constantFrom(...WORDS, ...words),
    times: fc.constantFrom(1, 2, 3, 100),
  })
  const bytes = fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([seed, edits]) => edits.reduce<Buffer>((input, one) => editBytes(input, one, samples), seed))
  const objects = samples.flatMap((sample) => parseObject(sample) ?? [])
  const noise = fc.uint8Array({ maxLength: 128 }).map((array): Buffer => Buffer.from(array))
  if (objects.length === 0) return fc.oneof({ weight: 12, arbitrary: bytes }, { weight: 1, arbitrary: noise })
  const change = fc.tuple(fc.nat(), fc.constantFrom(...VALUES, ...words))
  const json = fc
    .tuple(fc.constantFrom(...objects), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([value, changes]): Buffer => Buffer.from(JSON.stringify(changes.reduce(changeJson, value))))
  return fc.oneof({ weight: 8, arbitrary: json }, { weight: 4, arbitrary: bytes }, { weight: 1, arbitrary: noise })
}

interface Edit {
  readonly kind: number
  readonly at: number
  readonly length: number
  readonly byte: number
  readonly word: string
  readonly times: number
}

function editBytes(input: Buffer, { kind, at, length, byte, word, times }: Edit, samples: readonly Buffer[]): Buffer {
  const start = at % (input.length + 1)
  const [before, after] = [input.subarray(0, start), input.subarray(start)]
  switch (kind) {
    case 0:
    case 1:
      return Buffer.concat([before, Buffer.from([byte]), after.subarray(1)])
    case 2:
      return Buffer.concat([before, after.subarray(length)])
    case 3:
      return Buffer.concat([before, Buffer.from(word.repeat(times)), after])
    case 4:
      return Buffer.concat([before, Buffer.from(word), after.subarray(length)])
    case 5:
      return Buffer.concat([before, ...Array.from({ length: times }, () => after.subarray(0, length)), after])
    case 6:
      return Buffer.concat([before, (samples[byte % samples.length] ?? input).subarray(0, length * 8), after])
    default:
      return Buffer.from(before)
  }
}

function parseObject(sample: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(sample.toString())
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Replaces one of all values in an object by another one. */
function changeJson(value: object, [at, other]: readonly [number, unknown]): object {
  let left = at % countOf(value)
  const visit = (one: unknown): unknown => {
    if (left-- === 0) return other
    if (typeof one !== 'object' || one === null) return one
    if (Array.isArray(one)) return one.map(visit)
    return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, visit(item)]))
  }
  const changed = visit(value)
  return typeof changed === 'object' && changed !== null ? changed : [changed]
}

function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, one) => sum + countOf(one), 1)
}
