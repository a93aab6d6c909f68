import { missingBinfmtEntry } from '../builder/docker/emulators.js'
import { type UnsupportedOption, unsupportedOptions } from '../builder/features.js'
import type { Candidacy, Candidate } from '../builder/pool/pool.js'
import { type BuilderInfo, pastBuildKey } from '../builder/port.js'
import type { ImageNode, TestNode } from '../graph/node.js'
import { EngineError } from '../model/errors.js'
import { formatPlatform, type Platform, platformIdentity } from '../model/platform.js'
import { formatRepository } from '../model/reference.js'
import { executionOn, includesPlatform } from './execution-on.js'
import type { AnsweringBuilder } from './query-builders.js'

/** Which builders may build a platform. */
export interface CandidateRules {
  /** Whether a builder may emulate a platform. */
  readonly emulates: boolean
  /** All platforms that builders of the run declare. */
  readonly declared: readonly Platform[]
  /** Ids of the nodes that run programs of the builder's platform only: every builder makes them natively. */
  readonly crossBuilt: ReadonlySet<string>
}

/**
 * Finds the builders that can build an image or run a test. As with buildx, a platform that a builder declares goes to no
 * builder that declares other platforms only.
 */
export function findCandidates(
  node: ImageNode | TestNode,
  builders: readonly AnsweringBuilder[],
  { emulates, declared, crossBuilt }: CandidateRules,
): Candidacy {
  const candidates: Candidate[] = []
  const rejections: EngineError[] = []
  const isDeclared = includesPlatform(declared, node.platform)
  const key = pastBuildKey(formatRepository(node.repository), platformIdentity(node.platform))
  for (const { builder, info, past } of builders) {
    if (isDeclared && info.declared !== undefined && !includesPlatform(info.declared, node.platform)) continue
    const execution = crossBuilt.has(node.id) ? 'native' : executionOn(info, node.platform)
    const own = errorsOf(node, info, execution, emulates)
    if (execution === undefined || own.length > 0) rejections.push(...own)
    else candidates.push({ builder, address: info.address, execution, pastTime: past?.get(key) })
  }
  return { candidates, rejections }
}

function errorsOf(
  node: ImageNode | TestNode,
  info: BuilderInfo,
  execution: ReturnType<typeof executionOn>,
  emulates: boolean,
): readonly EngineError[] {
  const { id, platform } = node
  const ignored = unsupportedOptions(info, node.kind === 'image' ? node.build : {}).map((one) =>
    unsupported(id, one, info),
  )
  if (execution === undefined) return [...ignored, notRunnable(id, platform, info, missingBinfmtEntry(platform))]
  return execution === 'emulated' && !emulates ? [...ignored, notNative(id, platform, info)] : ignored
}

function unsupported(
  node: string,
  { option, hint }: UnsupportedOption,
  { address, version }: BuilderInfo,
): EngineError {
  const message = `the builder at ${address}, version ${version}, does not support the build option ${option}`
  return new EngineError('ENGINE_UNSUPPORTED', message, { node, hint })
}

function notNative(node: string, platform: Platform, { address, native }: BuilderInfo): EngineError {
  return new EngineError(
    'PLATFORM_NOT_RUNNABLE',
    `the builder at ${address} is ${formatPlatform(native)} and may not emulate ${formatPlatform(platform)}`,
    { node, hint: `add a builder that runs ${formatPlatform(platform)}, or allow emulation` },
  )
}

function notRunnable(node: string, platform: Platform, info: BuilderInfo, entry: string | undefined): EngineError {
  const native = formatPlatform(info.native)
  return new EngineError(
    'PLATFORM_NOT_RUNNABLE',
    `the builder at ${info.address} cannot run ${formatPlatform(platform)}: it is ${native} and has no emulator for it`,
    {
      node,
      hint:
        entry === undefined
          ? 'build this platform on a builder that runs it natively'
          : `register the binfmt_misc entry '${entry}' on the builder's machine (on Debian: apt-get install qemu-user-static binfmt-support), or use a builder that runs it natively`,
    },
  )
}
