import { describe, expect, test } from 'vitest'
import type { ContextEntry } from '../../src/context/context-file.js'
import { digestOf } from '../../src/model/digest.js'
import { reasonText } from '../../src/plan/reason-text.js'
import { compareWithRecord } from '../../src/steps/image/context/context-difference.js'
import { recordOf } from '../../src/steps/image/context/context-record.js'
import {
  checkArgs,
  encodeParts,
  IMAGE_SETTING,
  imageParts,
  PARTS_ANNOTATION,
  readBase,
  readParts,
} from '../../src/steps/image/image-parts.js'
import { partsDifference } from '../../src/steps/image/parts-difference.js'
import { PLAIN_HASH } from '../../src/steps/input-hash.js'

const digest = (text: string) => digestOf(Buffer.from(text))
const file = (path: string, content: string, mode = 0o644): ContextEntry => ({
  ...{ kind: 'file', path, digest: digest(content), size: content.length, mode, modified: 0 },
})
const directory = (path: string): ContextEntry => ({ kind: 'directory', path, mode: 0o755, modified: 0 })
const contextOf = (entries: readonly ContextEntry[], text = 'FROM scratch\n', hash = PLAIN_HASH) => ({
  context: { dockerfile: { text, name: 'Dockerfile' } },
  listing: { entries },
  hash,
})
const partsOf = (args: Readonly<Record<string, string>>, text = 'FROM scratch\n', hash = PLAIN_HASH) =>
  imageParts({ base: digest('base'), context: digest('x'), dockerfile: text, build: { args, labels: {} } }, [], hash)

/** How many of a thousand wrong guesses give the published text of the right one. */
function consistent(published: (guess: string) => unknown): number {
  const actual = JSON.stringify(published('actual'))
  const guesses = Array.from({ length: 20_000 }, (_, at) => `guess ${at}`)
  return guesses.filter((guess) => JSON.stringify(published(guess)) === actual).length / 20
}

describe('what is published of an image', () => {
  test.each<[string, (guess: string) => unknown]>([
    ['the content of a file', (guess) => recordOf(contextOf([file('.env', `PIN=${guess}`)]))],
    ['the target of a link', (target) => recordOf(contextOf([{ kind: 'symlink', path: 'l', target, modified: 0 }]))],
    ['a line of the Dockerfile', (guess) => recordOf(contextOf([], `FROM scratch\nENV PIN=${guess}\n`))],
    ['the Dockerfile', (guess) => partsOf({}, `ENV PIN=${guess}`)],
    ['the value of an arg', (guess) => partsOf({ PIN: guess })],
  ])('does not confirm a guess of %s: one of 256 wrong ones is as right', (_what, published) => {
    const found = consistent(published)
    expect(found).toBeGreaterThan(2)
    expect(found).toBeLessThan(6)
  })

  test('has no name of a file or an arg, and does not confirm a guess of one', () => {
    const record = JSON.stringify(recordOf(contextOf([directory('customer'), file('customer/plan.txt', 'x')])))
    expect(record).not.toMatch(/customer|plan/)
    expect(encodeParts(partsOf({ CUSTOMER: 'x' }))).not.toContain('CUSTOMER')
    expect(consistent((guess) => recordOf(contextOf([directory(guess)])))).toBeGreaterThan(2)
    expect(consistent((guess) => recordOf(contextOf([file(guess, 'x')])))).toBeGreaterThan(40)
  })

  test('depends on the name of a directory in one place, however many files are in it', () => {
    const filesIn = (folder: string) =>
      recordOf(contextOf([directory(folder), ...Array.from({ length: 50 }, (_, at) => file(`${folder}/${at}`, 'x'))]))
    const [one, other] = [filesIn('acme'), filesIn('other')]
    expect(one.entries.slice(1)).toEqual(other.entries.slice(1))
  })
})

describe('a plan', () => {
  const before = [file('a', '1'), directory('b'), file('b/__init__.py', ''), file('c', '2'), file('gone', '3')]

  test('names the files that differ from a record', () => {
    const record = recordOf(contextOf(before))
    const now = [
      ...[file('a', 'other'), directory('aa'), file('aa/__init__.py', ''), directory('b'), file('b/__init__.py', '')],
      file('c', '2', 0o600),
    ]
    expect(compareWithRecord(contextOf(now, 'FROM scratch\nRUN x\n'), record)).toEqual({
      paths: [
        { path: 'a', change: 'changed' },
        { path: 'aa/__init__.py', change: 'added' },
        { path: 'c', change: 'mode' },
      ],
      changed: 3,
      removed: 1,
      line: 2,
    })
  })

  test('names changed files of a large context, all of which differ', () => {
    const entries = (content: string) => Array.from({ length: 10_000 }, (_, at) => file(`f${at}`, `${content}${at}`))
    const difference = compareWithRecord(contextOf(entries('new')), recordOf(contextOf(entries('old'))))
    // One of 256 has the same check value.
    expect(difference.changed).toBeGreaterThan(9_900)
    expect(difference.removed).toBe(0)
  })

  test('names no file if the contexts have nothing in common', () => {
    const entries = (word: string) => Array.from({ length: 10_000 }, (_, at) => file(`${word}${at}`, `${word}${at}`))
    expect(compareWithRecord(contextOf(entries('a')), recordOf(contextOf(entries('b')))).changed).toBeUndefined()
  })

  test('names args that were added or changed, and counts those that were removed', () => {
    const [previous, next] = [
      { GONE: '1', SAME: '2', WHO: '3' },
      { MORE: '4', SAME: '2', WHO: '5' },
    ]
    expect(partsDifference(partsOf(previous), partsOf(next), checkArgs(next, PLAIN_HASH))).toEqual([
      { kind: 'arg-changed', name: 'MORE', change: 'added' },
      { kind: 'arg-changed', name: 'WHO', change: 'changed' },
      { kind: 'args-removed', count: 1 },
    ])
  })

  test('names images of other pipelines that moved, or were added or removed', () => {
    const partsWith = (images: Readonly<Record<string, string>>) => {
      const settings = Object.fromEntries(
        Object.entries(images).map(([name, text]) => [`${IMAGE_SETTING}${name}`, text]),
      )
      const build = { args: {}, labels: {}, target: 'app', ...settings }
      return imageParts({ base: digest('base'), context: digest('x'), dockerfile: '', build }, [], PLAIN_HASH)
    }
    const [previous, next] = [
      { gone: '1', same: '2', tools: '3' },
      { more: '4', same: '2', tools: '5' },
    ].map(partsWith)
    if (previous === undefined || next === undefined) throw new Error('there are two')
    const reasons = partsDifference(previous, next, [])
    expect(reasons).toEqual([
      { kind: 'image-moved', name: 'gone', change: 'removed' },
      { kind: 'image-moved', name: 'more', change: 'added' },
      { kind: 'image-moved', name: 'tools', change: 'changed' },
    ])
    expect(reasonText(reasons)).toBe('gone removed from the Dockerfile; more added to the Dockerfile; tools moved')
  })
})

test('parts of the version before, whose hashes mean something else, are read for their base alone', () => {
  const previous = {
    base: digest('base'),
    context: digest('c'),
    dockerfile: digest('d'),
    args: {},
    labels: {},
    settings: {},
  }
  const annotations = { [PARTS_ANNOTATION]: JSON.stringify(previous) }
  expect(readParts(annotations)).toBeUndefined()
  expect(readBase(annotations)).toBe(previous.base)
  const parts = partsOf({ A: '1' })
  expect(readParts({ [PARTS_ANNOTATION]: encodeParts(parts) })).toEqual(parts)
  expect(readParts({ [PARTS_ANNOTATION]: JSON.stringify({ ...parts, args: [{}] }) })).toBeUndefined()
})
