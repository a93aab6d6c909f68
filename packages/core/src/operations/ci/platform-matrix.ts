import { compile } from '../../definition/compile/compile.js'
import type { Pipeline } from '../../definition/declare/pipeline.js'
import { DefinitionError } from '../../model/errors.js'
import {
  formatPlatform,
  type Platform,
  parsePlatform,
  platformIdentity,
  runsNatively,
  samePlatform,
} from '../../model/platform.js'
import type { OptionNames } from '../option-names.js'
import type { PlanOptions } from '../options.js'
import { registryBeforeStart } from '../registry-choice.js'

/** A job of a CI matrix. */
export interface MatrixJob {
  /** For `--only`. */
  readonly platform: string
  /** Architecture of the machine that builds it, natively or by emulation. */
  readonly machine: string
  /** Label of the runner. */
  readonly runner: string
  /** Whether that machine emulates the platform. */
  readonly emulated: boolean
  /** Names of the pipelines with this platform. */
  readonly pipelines: readonly string[]
}

/** A matrix in the form of GitHub Actions. */
export interface PlatformMatrix {
  readonly include: readonly MatrixJob[]
}

/** Options of {@link platformMatrix}. */
export interface MatrixOptions extends Pick<PlanOptions, 'registry' | 'directory' | 'pipelines'> {
  /** Labels of runners by platform, `linux/arm64=arm-builder`; by default those of GitHub. */
  readonly runners?: readonly string[]
}

export const MATRIX_OPTIONS: OptionNames<Pick<PlanOptions, 'registry' | 'directory' | 'pipelines'>> = {
  registry: 'string',
  directory: 'string',
  pipelines: 'array',
}

interface Runner {
  readonly platform: Platform
  readonly label: string
}

/** GitHub's runners. Its ARM runners cannot execute 32-bit programs. */
const GITHUB_RUNNERS: readonly Runner[] = [
  { platform: { os: 'linux', architecture: 'amd64' }, label: 'ubuntu-24.04' },
  { platform: { os: 'linux', architecture: 'arm64' }, label: 'ubuntu-24.04-arm' },
]

/** Lists the platforms of pipelines as jobs of a CI matrix, without any request. @throws DefinitionError */
export function platformMatrix(
  pipelines: readonly Pipeline[],
  { registry, directory, pipelines: chosen, runners: written = [] }: MatrixOptions,
): PlatformMatrix {
  const definition = compile(pipelines, { registry: registryBeforeStart(registry), directory, chosen })
  const own = readRunners(written)
  const runners = [...own, ...GITHUB_RUNNERS]
  const jobs = new Map<string, MatrixJob>()
  for (const { name, requested, platforms } of definition.pipelines) {
    for (const { platform } of requested ? platforms : []) {
      const id = platformIdentity(platform)
      const job = jobs.get(id) ?? jobOf(platform, runners)
      jobs.set(id, { ...job, pipelines: [...job.pipelines, name] })
    }
  }
  requireUse(own, [...jobs.values()])
  return { include: [...jobs.values()] }
}

/** @throws DefinitionError USAGE for a runner that no job uses: its platform may be misspelt, or was removed */
function requireUse(runners: readonly Runner[], jobs: readonly MatrixJob[]): void {
  const unused = runners.find(
    ({ platform, label }) => !jobs.some(({ machine, runner }) => runner === label && machine === platform.architecture),
  )
  if (unused === undefined) return
  const platform = formatPlatform(unused.platform)
  const hint = `platforms: ${jobs.map((job) => job.platform).join(', ')}`
  throw usageError(`no pipeline has a platform for the runner '${platform}=${unused.label}'`, hint)
}

function jobOf(platform: Platform, runners: readonly Runner[]): MatrixJob {
  const native = runners.find((runner) => isNative(runner, platform))
  const { platform: host, label } = native ?? emulatorOf(platform, runners)
  const machine = host.architecture
  return { platform: formatPlatform(platform), machine, runner: label, emulated: native === undefined, pipelines: [] }
}

/** 32-bit ARM is native only on runners that are given for it. */
function isNative({ platform: host }: Runner, platform: Platform): boolean {
  const is32BitArm = platform.architecture === 'arm' && host.architecture !== 'arm'
  return !is32BitArm && runsNatively(host, platform)
}

/** Emulating ARM is fastest on ARM. */
function emulatorOf({ architecture }: Platform, runners: readonly Runner[]): Runner {
  const machine = architecture === 'arm' ? 'arm64' : 'amd64'
  const found = runners.find((runner) => runner.platform.architecture === machine)
  return found ?? (GITHUB_RUNNERS[0] as Runner)
}

/** @throws DefinitionError USAGE */
function readRunners(texts: readonly string[]): readonly Runner[] {
  const runners = texts.map(readRunner)
  const twice = runners.find(
    ({ platform }, at) => runners.findIndex((one) => samePlatform(one.platform, platform)) < at,
  )
  if (twice === undefined) return runners
  throw usageError(`${formatPlatform(twice.platform)} has two runners`, 'give each platform one label')
}

function readRunner(text: string): Runner {
  const at = text.indexOf('=')
  const platform = at < 0 ? undefined : parsePlatform(text.slice(0, at))
  const label = text.slice(at + 1)
  if (platform !== undefined && label !== '') return { platform, label }
  throw usageError(`'${text}' is not a platform and a label`, "write 'linux/arm64=arm-builder'")
}

function usageError(message: string, hint: string): DefinitionError {
  return new DefinitionError([{ path: '--runner', message, hint }], 'USAGE')
}
