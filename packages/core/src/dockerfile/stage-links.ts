import { formatPlatform, type Platform, parsePlatform, samePlatform } from '../model/platform.js'
import type { Dockerfile, DockerfileIssue, ImageUse, Stage, StageStep } from './dockerfile.js'
import { expand, expandOrUnknown } from './syntax/expand.js'
import { ExpansionError, UNKNOWN, type Variables } from './syntax/lexer.js'

/** The build arg with the shared base, for `FROM ${BASE_IMAGE}`. */
export const BASE_ARG = 'BASE_IMAGE'

/**
 * The build arg with the date of the image, in seconds since the epoch.
 *
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
export const EPOCH_ARG = 'SOURCE_DATE_EPOCH'

/** Placeholder for the base in expanded variables; no image can have this name. */
export const BASE_MARK = `${UNKNOWN}base`

/** The args that a RUN sees without declaring them. */
const PROXY_ARGS: ReadonlySet<string> = new Set(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
)

/** A name in a stage and the stage or image that it refers to. */
export interface Link {
  readonly use: ImageUse
  /** The name with variables expanded. */
  readonly name: string
  /** The stage that it names; undefined for an image. */
  readonly stage: LinkedStage | undefined
  /** Whether it is used for the target's platform, which BuildKit assumes for everything but FROM. */
  readonly isForTarget: boolean
  /** Why no version of BuildKit can expand it. */
  readonly error?: Omit<DockerfileIssue, 'line'> | undefined
}

/** A stage with its links. */
export interface LinkedStage {
  readonly stage: Stage
  readonly from: Link
  /** Its steps: the ONBUILD triggers of its base stage, then its own. */
  readonly steps: () => readonly StageStep[]
  /** Whether it is for the target's platform. */
  readonly isForTarget: boolean
  /** Whether it is for the builder's platform, whatever that is. */
  readonly isForBuilder: boolean
}

/** Values of the variables in FROM lines. */
export interface VariableSource {
  readonly platform: Platform
  readonly args: Readonly<Record<string, string>>
  readonly target?: string | undefined
  /** The names of named contexts. */
  readonly contexts?: ReadonlySet<string>
}

/** The stages of a Dockerfile, and how their names are looked up. */
export interface StageGraph {
  readonly stages: readonly LinkedStage[]
  readonly globals: ReadonlyMap<string, string>
  /** The last stage of the name. */
  readonly named: (name: string) => LinkedStage | undefined
}

/** Resolves the names in every stage: to the last earlier stage of that name, or to an image. */
export function linkStages(dockerfile: Dockerfile, source: VariableSource): StageGraph {
  const globals = globalsOf(dockerfile, source)
  const { escapeCharacter } = dockerfile
  const stages: LinkedStage[] = []
  const byName = new Map<string, LinkedStage>()
  for (const stage of dockerfile.stages) {
    const use = stage.from
    const isContext = stage.name !== undefined && (source.contexts?.has(stage.name) ?? false)
    const { name, error } = expandFrom(use.text, globals, escapeCharacter)
    const parent = byName.get(name.toLowerCase())
    const own = stage.platform && expandOrUnknown(stage.platform, globals, escapeCharacter)
    const isForTarget = parent?.isForTarget ?? namesTarget(own, source.platform)
    const isForBuilder = parent?.isForBuilder ?? own?.includes(UNKNOWN) ?? false
    const from = { use, name, stage: parent, isForTarget, error }
    const one: LinkedStage = isContext
      ? replacedStage(stage, { isForTarget, isForBuilder })
      : { stage, from, isForTarget, isForBuilder, steps: () => [...triggersOf(parent), ...stage.steps] }
    stages.push(one)
    if (stage.name !== undefined) byName.set(stage.name, one)
  }
  return { stages, globals, named: (name) => byName.get(name.toLowerCase()) }
}

/** A stage that a named context replaces: none of its steps is executed. */
function replacedStage(stage: Stage, platform: Pick<LinkedStage, 'isForTarget' | 'isForBuilder'>): LinkedStage {
  const from = { use: stage.from, name: stage.name ?? '', stage: undefined, isForTarget: platform.isForTarget }
  return { stage, from, ...platform, steps: () => [] }
}

/** Returns the images and stages that a stage uses, FROM first. */
export function linksOf(one: LinkedStage, { stages, named }: StageGraph): readonly Link[] {
  const uses = one.steps().flatMap((step): readonly Link[] => {
    if (step.kind === 'run') {
      return step.mounts.flatMap(({ from }) => (from === undefined ? [] : linkTo(from, named(from.text))))
    }
    if (step.kind !== 'copy' || step.from === undefined) return []
    // A number is the index of a stage only here; one that is too high is not valid.
    const isIndex = /^[+-]?\d+$/.test(step.from.text)
    const stage = isIndex ? stages[Number(step.from.text)] : named(step.from.text)
    return isIndex && stage === undefined ? [] : linkTo(step.from, stage)
  })
  return [one.from, ...uses]
}

function linkTo(use: ImageUse, stage: LinkedStage | undefined): readonly Link[] {
  return [{ use, name: use.text, stage, isForTarget: true }]
}

function triggersOf(parent: LinkedStage | undefined): readonly StageStep[] {
  return parent?.stage.steps.flatMap((step) => (step.kind === 'onbuild' ? [step.trigger] : [])) ?? []
}

function expandFrom(text: string, variables: Variables, escapeCharacter: string): Pick<Link, 'name' | 'error'> {
  try {
    return { name: expand(text, variables, escapeCharacter) }
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error
    if (!error.isCertain) return { name: UNKNOWN }
    return {
      name: text,
      error: { message: error.message, hint: 'correct the FROM, or set the arg in build({ args })' },
    }
  }
}

/** Whether the platform of a FROM is the target's. */
function namesTarget(text: string | undefined, target: Platform): boolean {
  if (text === undefined) return true
  const named = parsePlatform(text)
  return named !== undefined && samePlatform(named, target)
}

/** Returns the variables of FROM lines: the args before the first one, and the platform args. */
function globalsOf(dockerfile: Dockerfile, { platform, args, target }: VariableSource): ReadonlyMap<string, string> {
  const { globalArgs, escapeCharacter, stages } = dockerfile
  const given = (name: string) => (Object.hasOwn(args, name) ? args[name] : undefined)
  const variables = new Map<string, string>()
  for (const [name, value] of Object.entries({
    TARGETPLATFORM: formatPlatform(platform),
    TARGETOS: platform.os,
    TARGETOSVERSION: '',
    TARGETARCH: platform.architecture,
    TARGETVARIANT: platform.variant ?? '',
    TARGETSTAGE: target ?? stages.at(-1)?.name ?? 'default',
    ...Object.fromEntries(BUILDER_ARGS.map((one) => [one, UNKNOWN])),
  })) {
    variables.set(name, given(name) ?? value)
  }
  for (const { name, default: preset } of globalArgs) {
    const value = name === BASE_ARG ? BASE_MARK : (given(name) ?? presetOf(name, preset))
    if (value !== undefined) variables.set(name, value)
  }
  return variables

  function presetOf(name: string, preset: string | undefined): string | undefined {
    if (isGivenElsewhere(name)) return UNKNOWN
    return preset === undefined ? undefined : expandOrUnknown(preset, variables, escapeCharacter)
  }
}

/** Args of the builder's platform, which is not known in advance. */
const BUILDER_ARGS = ['BUILDPLATFORM', 'BUILDOS', 'BUILDOSVERSION', 'BUILDARCH', 'BUILDVARIANT']

/** Whether an arg may have a value that the definition does not set. */
export function isGivenElsewhere(name: string): boolean {
  return name === EPOCH_ARG || PROXY_ARGS.has(name)
}
