// @ts-check
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canInstall } from './packages.mjs'
import { run } from './run.mjs'
import { SetupError } from './setup-error.mjs'
import { step } from './step.mjs'

const BINFMT = '/proc/sys/fs/binfmt_misc'

/**
 * The kernel's table of who runs foreign executables has an entry for each of these, by Debian's names; what the
 * machine runs by itself needs none.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const WANTED = { x64: ['qemu-arm', 'qemu-aarch64'], arm64: ['qemu-x86_64', 'qemu-arm'] }

/**
 * Makes the kernel run the executables of the other architectures that the examples and tests use, in containers too.
 *
 * @param {string} engine address; an engine elsewhere, or in a virtual machine, has its own kernel
 */
export async function ensureEmulation(engine) {
  if (!engine.startsWith('unix://')) return
  const missing = missingEmulation()
  if (missing.length === 0) return
  if (!canInstall()) {
    throw new SetupError(
      `this machine cannot run executables of ${missing.join(', ')}: install qemu-user-static, or run ` +
        '`docker run --privileged --rm tonistiigi/binfmt --install arm,arm64,amd64`',
    )
  }
  await step(`registering ${missing.join(', ')} with the kernel`, () => register(missing))
}

/** The missing emulators of the kernel; none if another machine's kernel is used. */
export function missingEmulation() {
  if (process.platform !== 'linux') return []
  return (WANTED[process.arch] ?? []).filter((name) => !isRegistered(name))
}

/**
 * Only an entry with flag F works in containers: its interpreter was opened when it was registered, so that it need
 * not be inside.
 *
 * @param {string} name
 */
function isRegistered(name) {
  const entry = join(BINFMT, name)
  return existsSync(entry) && /^enabled$[\s\S]*^flags: .*F/m.test(readFileSync(entry, 'utf8'))
}

/** @param {readonly string[]} names */
async function register(names) {
  if (!existsSync(join(BINFMT, 'register'))) await run('mount', ['-t', 'binfmt_misc', 'binfmt_misc', BINFMT])
  for (const name of names.filter((candidate) => !isRegistered(candidate))) {
    if (existsSync(join(BINFMT, name))) writeFileSync(join(BINFMT, name), '-1')
    writeFileSync(join(BINFMT, 'register'), withFixedInterpreter(readRegistration(name)))
  }
}

/**
 * @param {string} name
 * @returns {string} the line that the kernel takes: `:name:M:offset:magic:mask:interpreter:flags`
 */
function readRegistration(name) {
  const file = `/usr/lib/binfmt.d/${name}.conf`
  if (!existsSync(file)) throw new SetupError(`${file} is missing: reinstall the package qemu-user-static`)
  return readFileSync(file, 'utf8').trim()
}

/** @param {string} line */
function withFixedInterpreter(line) {
  const flags = line.slice(line.lastIndexOf(':') + 1)
  return flags.includes('F') ? line : `${line}F`
}
