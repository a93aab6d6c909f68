import { LIMITS } from '../model/limits.js'
import type { ImageConfig } from '../model/oci.js'
import { formatPlatform, type Platform } from '../model/platform.js'
import type { CodeCheck } from '../model/run/events.js'
import { describeCode, isCodeFor } from './code.js'
import type { Executable, FileTree } from './file-tree.js'

/** Files that could not be read, and why. */
export interface Unreadable {
  readonly because: string
}

/**
 * Checks the shell, else the dynamic loader, and the command that the image starts. If it has none of them, checks any
 * executable.
 */
export function checkImageCode(tree: FileTree | Unreadable, config: ImageConfig, platform: Platform): CodeCheck {
  if ('because' in tree) return unknown(tree.because)
  const [system] = [SHELL, ...LOADERS].flatMap((path) => tree.executable(path) ?? [])
  const verdicts = [system, commandOf(tree, config)].flatMap((one) => (one ? [verdictOn(one, platform)] : []))
  const decided = verdicts.find(({ verdict }) => verdict === 'mismatch') ?? verdicts[0]
  if (decided !== undefined) return decided
  let first: CodeCheck | undefined
  let compared = 0
  for (const one of tree.executables()) {
    if (++compared > LIMITS.executables) return unknown(`none of ${LIMITS.executables} executables is for the platform`)
    const verdict = verdictOn(one, platform)
    if (verdict.verdict === 'match') return verdict
    first ??= verdict
  }
  return first ?? unknown('the image has no executable with machine code')
}

/** The configs of an image and of its base. */
export interface ConfigOnBase {
  readonly config: ImageConfig
  readonly base: ImageConfig
}

/**
 * Checks the layers above a base that matches the platform.
 *
 * @returns undefined if the whole image must be checked: a single executable for another platform may be data that is
 * only copied, and a command in the base has been compared only if the base starts it too.
 */
export function checkOwnLayers(
  tree: FileTree | Unreadable,
  configs: ConfigOnBase,
  platform: Platform,
): CodeCheck | undefined {
  if ('because' in tree || !isCommandCompared(tree, configs)) return undefined
  let fitting: CodeCheck | undefined
  let compared = 0
  for (const one of tree.executables()) {
    if (++compared > LIMITS.executables) return undefined
    const verdict = verdictOn(one, platform)
    if (verdict.verdict === 'mismatch') return undefined
    if (verdict.verdict === 'match') fitting ??= verdict
  }
  return fitting ?? { verdict: 'as-base' }
}

const SHELL = 'bin/sh'

/** The loaders of glibc and musl. @see https://sourceware.org/glibc/wiki/ABIList */
const LOADERS: readonly string[] = [
  ...['lib64/ld-linux-x86-64.so.2', 'lib/ld-linux-aarch64.so.1', 'lib/ld-linux-armhf.so.3', 'lib/ld-linux.so.3'],
  ...['lib/ld-linux.so.2', 'lib64/ld64.so.2', 'lib/ld64.so.1', 'lib/ld-linux-riscv64-lp64d.so.1', 'lib/ld.so.1'],
  ...['x86_64', 'aarch64', 'armhf', 'arm', 'i386', 'powerpc64le', 's390x', 'riscv64'].map(
    (word) => `lib/ld-musl-${word}.so.1`,
  ),
]

/** Returns the executable that the image starts. */
function commandOf(tree: FileTree, config: ImageConfig): Executable | undefined {
  for (const path of commandPaths(config)) {
    const found = tree.executable(path)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether the layers have the command, or else the base, whose own command and shell have been compared. */
function isCommandCompared(tree: FileTree, { config, base }: ConfigOnBase): boolean {
  const paths = commandPaths(config)
  for (const path of paths) {
    const found = tree.has(path)
    if (found !== undefined) return found === 'executable'
  }
  const compared = new Set([`/${SHELL}`, ...commandPaths(base)])
  return paths.every((path) => compared.has(path))
}

/** The paths at which a runtime looks for the command, in order. */
function commandPaths({ config }: ImageConfig): readonly string[] {
  const [program] = [...(config?.Entrypoint ?? []), ...(config?.Cmd ?? [])]
  if (program === undefined) return []
  if (program.includes('/')) return [program]
  const path = config?.Env?.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? ''
  return [...new Set(path.split(':'))].slice(0, LIMITS.pathVariable).map((directory) => `${directory}/${program}`)
}

function verdictOn({ path, code }: Executable, platform: Platform): CodeCheck {
  const found = describeCode(code)
  const fits = isCodeFor(code, platform)
  if (fits !== undefined) return { verdict: fits ? 'match' : 'mismatch', path, found }
  return { ...unknown(`${path} does not record which variant of ${formatPlatform(platform)} it requires`), path, found }
}

/** The verdict if there is no evidence. */
export function unknown(because: string): CodeCheck {
  return { verdict: 'unknown', because }
}
