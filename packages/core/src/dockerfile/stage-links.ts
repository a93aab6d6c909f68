import { formatPlatform, type Platform, parsePlatform, samePlatform } from '../model/platform.js'
import type { Dockerfile, ImageUse, Stage } from './dockerfile.js'
import { expand, type Variables } from './expand.js'
import { type RemoteAdds, remoteAddsOf } from './remote-adds.js'

/** The build arg that `FROM ${BASE_IMAGE}` names the shared base by. */
export const BASE_ARG = 'BASE_IMAGE'

/**
 * The build arg that BuildKit dates an image by, in seconds since the epoch.
 *
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
export const EPOCH_ARG = 'SOURCE_DATE_EPOCH'

/** Stands for the base where variables are expanded; no image can have this name. */
export const BASE_MARK = '\u0000base'

/** A place in a stage that names something, with what that is. */
export interface Link {
  readonly use: ImageUse
  /** As it reads with its variables expanded. */
  readonly name: string
  /** The earlier stage that is meant; undefined where it is an image. */
  readonly stage: LinkedStage | undefined
}

/** A stage with what it names, each name looked up once. */
export interface LinkedStage {
  readonly stage: Stage
  /** FROM first, then the rest. */
  readonly links: readonly Link[]
  /** Whether it is for the target's platform: as it says itself, else as the one that it is made from. */
  readonly isForTarget: boolean
  /** Content from elsewhere that may change without the Dockerfile changing. */
  readonly remoteAdds: RemoteAdds
}

/** What the variables of FROM lines are made of. */
export interface VariableSource {
  readonly platform: Platform
  readonly args: Readonly<Record<string, string>>
}

/**
 * Looks up what every stage names, in one pass: a stage can only name earlier ones, and of two with one name the later.
 *
 * @throws ExpansionError
 */
export function linkStages(dockerfile: Dockerfile, source: VariableSource): readonly LinkedStage[] {
  const variables = variablesOf(dockerfile, source)
  const isTarget = (platform: string) => namesTarget(platform, variables, dockerfile.escapeCharacter, source.platform)
  const linked: LinkedStage[] = []
  const byName = new Map<string, LinkedStage>()
  for (const stage of dockerfile.stages) {
    const fromName = expand(stage.from.text, variables, dockerfile.escapeCharacter)
    const from = { use: stage.from, name: fromName, stage: byName.get(fromName.toLowerCase()) }
    const uses = stage.uses.map((use) => {
      // Only here may a stage be named by its number, too.
      const numbered = /^\d+$/.test(use.text) ? linked[Number(use.text)] : undefined
      return { use, name: use.text, stage: byName.get(use.text.toLowerCase()) ?? numbered }
    })
    const isForTarget = stage.platform === undefined ? (from.stage?.isForTarget ?? true) : isTarget(stage.platform)
    const remoteAdds = remoteAddsOf(stage, variables, source.args, dockerfile.escapeCharacter)
    const one = { stage, links: [from, ...uses], isForTarget, remoteAdds }
    linked.push(one)
    if (stage.name !== undefined) byName.set(stage.name, one)
  }
  return linked
}

/** Of the machine that builds, whichever that is: no platform's words. */
const BUILDER = ['BUILDPLATFORM', 'BUILDOS', 'BUILDARCH', 'BUILDVARIANT'].map((name) => [name, '\u0000'] as const)

/** Whether what a FROM says of its platform is the target's. */
function namesTarget(text: string, variables: Variables, escapeCharacter: string, target: Platform): boolean {
  const named = parsePlatform(expand(text, new Map([...variables, ...BUILDER]), escapeCharacter))
  return named !== undefined && samePlatform(named, target)
}

/** What FROM lines can name: the args before the first of them, and the platform args. */
function variablesOf({ globalArgs, escapeCharacter }: Dockerfile, { platform, args }: VariableSource): Variables {
  const variables = new Map([
    ['TARGETPLATFORM', formatPlatform(platform)],
    ['TARGETOS', platform.os],
    ['TARGETARCH', platform.architecture],
    ['TARGETVARIANT', platform.variant ?? ''],
  ])
  for (const { name, default: preset } of globalArgs) {
    const given = name === BASE_ARG ? BASE_MARK : args[name]
    const value = given ?? (preset === undefined ? variables.get(name) : expand(preset, variables, escapeCharacter))
    if (value !== undefined) variables.set(name, value)
  }
  return variables
}
