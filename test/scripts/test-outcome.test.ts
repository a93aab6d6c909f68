import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readOutcome } from '../../scripts/setup/test-outcome.mjs'
import { tempFolder } from '../support/temp-folder.js'

const good = { status: 'passed', assertionResults: [{ status: 'passed' }] }
const bad = { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] }
const unloaded = { status: 'failed', assertionResults: [] }

test.each([
  ['all passed', { numPassedTests: 1, numFailedTests: 0, testResults: [good] }, 0, { passed: 1, failed: 0 }],
  ['one failed', { numPassedTests: 2, numFailedTests: 1, testResults: [good, bad] }, 1, { passed: 2, failed: 1 }],
  [
    'a file did not load',
    { numPassedTests: 1, numFailedTests: 0, testResults: [good, unloaded] },
    1,
    { passed: 1, failed: 1 },
  ],
  ['both', { numPassedTests: 2, numFailedTests: 1, testResults: [good, bad, unloaded] }, 1, { passed: 2, failed: 2 }],
  ['no test ran', { numPassedTests: 0, numFailedTests: 0, testResults: [] }, 0, { passed: 0, failed: 1 }],
  [
    'an error outside of tests',
    { numPassedTests: 1, numFailedTests: 0, testResults: [good] },
    1,
    { passed: 1, failed: 1 },
  ],
])('readOutcome: %s', async (_, report, exitCode, expected) => {
  await using folder = await tempFolder('outcome')
  const path = join(folder.path, 'results.json')
  await writeFile(path, JSON.stringify(report))
  expect(readOutcome(path, exitCode)).toEqual(expected)
})

test('readOutcome: a run without a report failed', async () => {
  await using folder = await tempFolder('outcome')
  expect(readOutcome(join(folder.path, 'results.json'), 1)).toEqual({ passed: 0, failed: 1 })
})
