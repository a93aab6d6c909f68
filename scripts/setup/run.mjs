// @ts-check
import { spawn } from 'node:child_process'

/** A program that set-up needed did not succeed; the message holds the end of its output. */
export class ProgramError extends Error {
  /**
   * @param {string} command
   * @param {string} output
   */
  constructor(command, output) {
    super(`${command} failed; the end of its output:\n${lastLines(output)}`)
    this.name = 'ProgramError'
  }
}

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<string>} its standard output
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    child.on('error', (cause) => reject(new ProgramError(command, cause.message)))
    child.on('close', (code) => (code === 0 ? resolve(stdout) : reject(new ProgramError(command, output))))
  })
}

/**
 * Runs a program whose output is for the reader of ours.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<number>} its exit code
 */
export function runVisibly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: 'inherit' })
    // Ctrl-C reaches the program too, which may have something to undo: this process waits for it.
    const wait = () => {}
    process.on('SIGINT', wait)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      process.off('SIGINT', wait)
      resolve(signal === 'SIGINT' ? 130 : (code ?? 1))
    })
  })
}

/** @param {string} text */
export function lastLines(text, count = 40) {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
