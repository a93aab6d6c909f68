import { formatPlatform, type Platform, parsePlatform, samePlatform } from '../model/platform.js'
import { formatReference, parseReference, withDefaultTag } from '../model/reference.js'
import type { Dockerfile, ImageUse, Span, Stage } from './dockerfile.js'
import { expand, type Variables } from './expand.js'

/** The build arg that `FROM ${BASE_IMAGE}` names the shared base by. */
export const BASE_ARG = 'BASE_IMAGE'

/** What decides which stages and images a build uses. */
export interface AnalysisInput {
  readonly platform: Platform
  readonly target?: string | undefined
  readonly args: Readonly<Record<string, string>>
  /** Names that stand for the shared base in a literal FROM. */
  readonly baseNames: readonly string[]
}

/** Something wrong with a Dockerfile. */
export interface DockerfileFault {
  readonly message: string
  readonly hint: string
  readonly line?: number
}

/** An image, other than the base, that the build pulls. */
export interface ExternalImage {
  /** The whole name. */
  readonly name: string
  readonly places: readonly Span[]
  /** Whether every place wants it for the target's platform, and none for the builder's. */
  readonly isForTarget: boolean
}

/** What a build of one target on one platform stands on. */
export interface Analysis {
  /** Whether the base is named by the build arg. */
  readonly usesBaseArg: boolean
  /** Where the base is named literally. */
  readonly literalBases: readonly Span[]
  readonly externals: readonly ExternalImage[]
  /** `ADD https://…`: content that can change though nothing here does. */
  readonly volatile: readonly ImageUse[]
  readonly faults: readonly DockerfileFault[]
}

/** Finds out what the stages that lead to the target stand on. Pure. */
export function analyze(dockerfile: Dockerfile, input: AnalysisInput): Analysis {
  const target = findTarget(dockerfile, input.target)
  if (target === undefined) return faulty(noTarget(dockerfile, input.target))
  const stages = reachedStages(dockerfile, target, input)
  const named = stages.flatMap((stage) => imagesOf(stage, dockerfile, input))
  const bases = named.filter(({ role }) => role !== 'external')
  const { syntax: use } = dockerfile
  const syntax = use === undefined ? [] : [{ name: use.text, use, isForTarget: false }]
  const externals = [...named.filter(({ role }) => role === 'external'), ...syntax]
  const faults = [
    ...(bases.length === 0 ? [noBase(dockerfile, input)] : []),
    ...bases.filter(({ stage }) => isElsewhere(stage, input)).map(({ use, stage }) => wrongPlatform(use, stage)),
    ...externals.filter(({ name }) => fullName(name) === undefined).map(({ name, use }) => badName(name, use)),
  ]
  return {
    usesBaseArg: bases.some(({ role }) => role === 'base-arg'),
    literalBases: bases.filter(({ role }) => role === 'literal-base').map(({ use }) => use),
    externals: groupByName(externals),
    volatile: stages.flatMap(({ remoteAdds }) => remoteAdds),
    faults,
  }
}

function faulty(fault: DockerfileFault): Analysis {
  return { usesBaseArg: false, literalBases: [], externals: [], volatile: [], faults: [fault] }
}

function findTarget({ stages }: Dockerfile, target: string | undefined): Stage | undefined {
  if (target === undefined) return stages.at(-1)
  return stages.find(({ name }) => name === target.toLowerCase()) ?? stages[/^\d+$/.test(target) ? Number(target) : -1]
}

/** The target and all that it is made from. */
function reachedStages(dockerfile: Dockerfile, target: Stage, input: AnalysisInput): readonly Stage[] {
  const reached = new Set<Stage>()
  const open = [target]
  for (let stage = open.pop(); stage !== undefined; stage = open.pop()) {
    if (reached.has(stage)) continue
    reached.add(stage)
    const variables = variablesOf(dockerfile, input)
    const names = [
      expand(stage.from.text, variables, dockerfile.escapeCharacter),
      ...stage.uses.map(({ text }) => text),
    ]
    for (const [at, name] of names.entries()) {
      const other = earlierStage(dockerfile, stage, name, at > 0)
      if (other !== undefined) open.push(other)
    }
  }
  return dockerfile.stages.filter((stage) => reached.has(stage))
}

/** The stage that a name means: an earlier one, by name or, in `--from`, by number. */
function earlierStage({ stages }: Dockerfile, stage: Stage, name: string, byNumber: boolean): Stage | undefined {
  const earlier = stages.slice(0, stage.index)
  const named = earlier.findLast((one) => one.name === name.toLowerCase())
  return named ?? (byNumber && /^\d+$/.test(name) ? earlier[Number(name)] : undefined)
}

interface NamedImage {
  readonly role: 'base-arg' | 'literal-base' | 'external'
  readonly name: string
  readonly use: ImageUse
  readonly stage: Stage
  readonly isForTarget: boolean
}

/** Stands for the base where variables are expanded; no image can have this name. */
const BASE_MARK = '\u0000base'

function imagesOf(stage: Stage, dockerfile: Dockerfile, input: AnalysisInput): readonly NamedImage[] {
  const variables = variablesOf(dockerfile, input)
  const from = {
    use: stage.from,
    name: expand(stage.from.text, variables, dockerfile.escapeCharacter),
    byNumber: false,
  }
  const uses = stage.uses.map((use) => ({ use, name: use.text, byNumber: true }))
  const isForTarget = !isElsewhere(firstOf(dockerfile, stage, variables), input)
  return [from, ...uses].flatMap(({ use, name, byNumber }): readonly NamedImage[] => {
    if (name === 'scratch' || earlierStage(dockerfile, stage, name, byNumber) !== undefined) return []
    if (name === BASE_MARK) return [{ role: 'base-arg', name, use, stage, isForTarget }]
    const isBase = input.baseNames.some((base) => fullName(base) === fullName(name)) && fullName(name) !== undefined
    return [{ role: isBase ? 'literal-base' : 'external', name, use, stage, isForTarget }]
  })
}

/** The stage that decides for which platform a stage is: itself where it says so, else the one that it is made from. */
function firstOf(dockerfile: Dockerfile, stage: Stage, variables: Variables): Stage {
  if (stage.platform !== undefined) return stage
  const name = expand(stage.from.text, variables, dockerfile.escapeCharacter)
  const below = earlierStage(dockerfile, stage, name, false)
  return below === undefined ? stage : firstOf(dockerfile, below, variables)
}

/** What FROM lines can name: the args before the first of them, and the platform args. */
function variablesOf({ globalArgs, escapeCharacter }: Dockerfile, { platform, args }: AnalysisInput): Variables {
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

/** The name with host, path and tag, by which two spellings of one image are the same. */
function fullName(name: string): string | undefined {
  const reference = parseReference(name)
  return reference && formatReference(withDefaultTag(reference))
}

function groupByName(images: readonly Pick<NamedImage, 'name' | 'use' | 'isForTarget'>[]): readonly ExternalImage[] {
  const byName = new Map<string, ExternalImage>()
  for (const { name, use, isForTarget } of images) {
    const full = fullName(name)
    if (full === undefined) continue
    const { places = [], isForTarget: others = true } = byName.get(full) ?? {}
    byName.set(full, { name: full, places: [...places, use], isForTarget: others && isForTarget })
  }
  return [...byName.values()]
}

/** Whether a stage says that it is for another platform than the target. */
function isElsewhere({ platform }: Stage, input: AnalysisInput): boolean {
  if (platform === undefined || /^\$\{?TARGETPLATFORM\}?$/.test(platform)) return false
  const named = parsePlatform(platform)
  return named === undefined || !samePlatform(named, input.platform)
}

function noTarget({ stages }: Dockerfile, target: string | undefined): DockerfileFault {
  if (stages.length === 0) return { message: 'the Dockerfile has no FROM', hint: `write FROM \${${BASE_ARG}}` }
  const names = stages.flatMap(({ name }) => name ?? [])
  return { message: `the Dockerfile has no stage '${target}'`, hint: `it has ${names.join(', ') || 'no named stages'}` }
}

function noBase({ globalArgs, stages }: Dockerfile, { baseNames }: AnalysisInput): DockerfileFault {
  const says = stages.find(({ from }) => from.text.includes(BASE_ARG))
  if (says !== undefined && !globalArgs.some(({ name }) => name === BASE_ARG)) {
    return {
      message: `FROM names ${BASE_ARG}, which is not declared`,
      hint: `write ARG ${BASE_ARG} before the first FROM`,
      line: says.from.line,
    }
  }
  const literal = baseNames.length === 0 ? "a literal name given by .sharedBase('…')" : `FROM ${baseNames[0]}`
  return {
    message: 'no stage that leads to the target stands on the base',
    hint: `write ARG ${BASE_ARG} before the first FROM and then FROM \${${BASE_ARG}}, or ${literal}`,
    ...(stages[0] !== undefined && { line: stages[0].from.line }),
  }
}

function wrongPlatform(use: ImageUse, { platform }: Stage): DockerfileFault {
  return {
    message: `a stage with --platform=${platform} stands on the base, which is for the target platform`,
    hint: 'name another image there, or leave --platform out',
    line: use.line,
  }
}

function badName(name: string, use: ImageUse): DockerfileFault {
  return {
    message: name === '' ? `${use.text} is empty` : `'${name}' is not a valid image name`,
    hint: 'give the arg a default, or a value in build({ args })',
    line: use.line,
  }
}
