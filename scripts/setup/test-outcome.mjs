// @ts-check
import { existsSync, readFileSync } from 'node:fs'

/**
 * Counts the tests of a run of vitest. A file that could not be loaded is one failed test; so is a run that failed in
 * any other way, or in which no test ran.
 *
 * @param {string} path of what vitest's JSON reporter wrote
 * @param {number} exitCode vitest's own
 * @returns {{ passed: number, failed: number }}
 */
export function readOutcome(path, exitCode) {
  const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { testResults: [] }
  const passed = report.numPassedTests ?? 0
  const unloaded = report.testResults.filter(isUnloaded).length
  const failed = (report.numFailedTests ?? 0) + unloaded
  return { passed, failed: failed === 0 && (passed === 0 || exitCode !== 0) ? 1 : failed }
}

/** @param {{ status: string, assertionResults: { status: string }[] }} file */
function isUnloaded(file) {
  return file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')
}
