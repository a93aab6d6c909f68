import { expect, test } from 'vitest'
import { LogTail } from '../../src/builder/buildkit/log-tail.js'

function tailOf(...texts: readonly string[]): readonly string[] {
  const tail = new LogTail()
  for (const text of texts) tail.add(text)
  return tail.lines()
}

test('keeps the last twenty lines, in order', () => {
  const numbers = Array.from({ length: 50 }, (_, index) => `line ${index}\n`)
  expect(tailOf(...numbers)).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index + 30}`))
  expect(tailOf(numbers.join(''))).toEqual(tailOf(...numbers))
})

test('joins a line that comes in pieces, and keeps one that has not ended', () => {
  expect(tailOf('he', 'llo\nwor', 'ld')).toEqual(['hello', 'world'])
})

test('keeps the last state of a line that was drawn over', () => {
  expect(tailOf('10%\r50%\r100%\r\ndone\n')).toEqual(['100%', 'done'])
})

test('does not grow with a line that never ends', () => {
  const [line = ''] = tailOf(...Array.from({ length: 100 }, () => 'x'.repeat(1000)))
  expect(line.length).toBeLessThanOrEqual(2000)
})
