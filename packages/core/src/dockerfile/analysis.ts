import { formatReference, parseReference, withDefaultTag } from '../model/reference.js'
import type { Dockerfile, DockerfileFault, ImageUse, MountedSecret, Span, Stage } from './dockerfile.js'
import { ExpansionError } from './expand.js'
import { badName, noBase, noTarget, wrongPlatform } from './faults.js'
import { BASE_MARK, EPOCH_ARG, type LinkedStage, linkStages, type VariableSource } from './stage-links.js'

/** What decides which stages and images a build uses. */
export interface AnalysisInput extends VariableSource {
  readonly target?: string | undefined
  /** Names that stand for the shared base in a literal FROM. */
  readonly baseNames: readonly string[]
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
  /** Whether a stage reads the time that the result is to be dated with, so that the result depends on it. */
  readonly usesEpoch: boolean
  /** Where the base is named literally. */
  readonly literalBases: readonly Span[]
  readonly externals: readonly ExternalImage[]
  /** `ADD https://…`: content that can change though nothing here does. */
  readonly volatile: readonly ImageUse[]
  /** The paths of the context that it reads. */
  readonly contextPaths: readonly string[] | 'all'
  /** The addresses that ADD fetches with a checksum, or from a commit. */
  readonly pinnedRemotes: readonly string[]
  readonly secrets: readonly MountedSecret[]
  readonly faults: readonly DockerfileFault[]
}

/** Finds out what the stages that lead to the target stand on. Pure, in time that grows with the text and no faster. */
export function analyze(dockerfile: Dockerfile, input: AnalysisInput): Analysis {
  if (dockerfile.fault !== undefined) return faulty(dockerfile.fault)
  try {
    const linked = linkStages(dockerfile, input)
    const target = findTarget(linked, input.target)
    if (target === undefined) return faulty(noTarget(dockerfile, input.target))
    return analyzeStages(dockerfile, reachedStages(linked, target), input)
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error
    return faulty({ message: error.message, hint: 'write the value out' })
  }
}

function analyzeStages(dockerfile: Dockerfile, stages: readonly LinkedStage[], input: AnalysisInput): Analysis {
  const baseNames = new Set(input.baseNames.flatMap((name) => fullName(name) ?? []))
  const named = stages.flatMap((stage) => imagesOf(stage, baseNames))
  const bases = named.filter(({ role }) => role !== 'external')
  const { syntax: use } = dockerfile
  const syntax = use === undefined ? [] : [{ name: use.text, use, isForTarget: false }]
  const externals = [...named.filter(({ role }) => role === 'external'), ...syntax]
  const faults = [
    ...(bases.length === 0 ? [noBase(dockerfile, input.baseNames, stages)] : []),
    ...bases.filter(isElsewhere).map(({ use, stage }) => wrongPlatform(use, stage)),
    ...externals
      .filter(({ name }) => fullName(name) === undefined)
      .flatMap(({ name, use }) => badName(name, use, dockerfile) ?? []),
  ]
  return {
    usesBaseArg: bases.some(({ role }) => role === 'base-arg'),
    usesEpoch: stages.some(({ stage }) => stage.args.some(({ name }) => name === EPOCH_ARG)),
    literalBases: bases.filter(({ role }) => role === 'literal-base').map(({ use }) => use),
    externals: groupByName(externals),
    volatile: stages.flatMap(({ remoteAdds }) => remoteAdds.volatile),
    contextPaths: 'all',
    pinnedRemotes: stages.flatMap(({ remoteAdds }) => remoteAdds.pinned),
    secrets: stages.flatMap(({ stage }) => stage.secrets),
    faults,
  }
}

function faulty(fault: DockerfileFault): Analysis {
  const nothing = {
    usesBaseArg: false,
    usesEpoch: false,
    literalBases: [],
    externals: [],
    volatile: [],
    contextPaths: 'all',
    pinnedRemotes: [],
    secrets: [],
  } as const
  return { ...nothing, faults: [fault] }
}

function findTarget(linked: readonly LinkedStage[], target: string | undefined): LinkedStage | undefined {
  if (target === undefined) return linked.at(-1)
  const named = linked.find(({ stage }) => stage.name === target.toLowerCase())
  return named ?? linked[/^\d+$/.test(target) ? Number(target) : -1]
}

/** The target and all that it is made from, in the order of the file. */
function reachedStages(linked: readonly LinkedStage[], target: LinkedStage): readonly LinkedStage[] {
  const reached = new Set<LinkedStage>()
  const open = [target]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (reached.has(one)) continue
    reached.add(one)
    for (const { stage } of one.links) if (stage !== undefined) open.push(stage)
  }
  return linked.filter((one) => reached.has(one))
}

interface NamedImage {
  readonly role: 'base-arg' | 'literal-base' | 'external'
  readonly name: string
  readonly use: ImageUse
  readonly stage: Stage
  readonly isForTarget: boolean
}

function imagesOf({ stage, links, isForTarget }: LinkedStage, baseNames: ReadonlySet<string>): readonly NamedImage[] {
  return links.flatMap(({ use, name, stage: other }): readonly NamedImage[] => {
    if (name === 'scratch' || other !== undefined) return []
    if (name === BASE_MARK) return [{ role: 'base-arg', name, use, stage, isForTarget }]
    const full = fullName(name)
    const isBase = full !== undefined && baseNames.has(full)
    return [{ role: isBase ? 'literal-base' : 'external', name, use, stage, isForTarget }]
  })
}

/** The name with host, path and tag, by which two spellings of one image are the same. */
function fullName(name: string): string | undefined {
  const reference = parseReference(name)
  return reference && formatReference(withDefaultTag(reference))
}

function groupByName(images: readonly Pick<NamedImage, 'name' | 'use' | 'isForTarget'>[]): readonly ExternalImage[] {
  const byName = new Map<string, { name: string; places: Span[]; isForTarget: boolean }>()
  for (const { name, use, isForTarget } of images) {
    const full = fullName(name)
    if (full === undefined) continue
    const group = byName.get(full) ?? { name: full, places: [], isForTarget: true }
    group.places.push(use)
    group.isForTarget &&= isForTarget
    byName.set(full, group)
  }
  return [...byName.values()]
}

/** Whether the stage that names it says itself that it is for another platform than the target. */
function isElsewhere({ stage, isForTarget }: NamedImage): boolean {
  return stage.platform !== undefined && !isForTarget
}
