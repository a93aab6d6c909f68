import { posix } from 'node:path'
import { contextName } from '../model/context-name.js'
import { parseReference } from '../model/reference.js'
import type { Dockerfile, DockerfileIssue, ImageUse, MountedSecret, Span } from './dockerfile.js'
import { badName, baseContexts, composedBase, noBase, noTarget } from './errors.js'
import { type ExternalImage, fullName, groupByName } from './image-names.js'
import {
  BASE_MARK,
  EPOCH_ARG,
  type Link,
  type LinkedStage,
  linkStages,
  linksOf,
  type StageGraph,
  type VariableSource,
} from './stage-links.js'
import { type StageReads, stageReader } from './stage-reads.js'
import { isForeignSyntax } from './syntax/directives.js'
import { UNKNOWN } from './syntax/lexer.js'
import { usedArgsOf } from './used-args.js'

/** The build arg that names the frontend in place of `# syntax`. */
const SYNTAX_ARG = 'BUILDKIT_SYNTAX'

export type { ExternalImage } from './image-names.js'

/** Inputs that determine which stages and images a build uses. */
export interface AnalysisInput extends VariableSource {
  /** Names that stand for the shared base in a literal FROM. */
  readonly baseNames: readonly string[]
  /** The image that is the base of every platform: its name stands for the base too if the Dockerfile has no other. */
  readonly baseImage?: string | undefined
}

/**
 * The inputs of a build of one target on one platform that its Dockerfile names. ONBUILD triggers of pulled images are
 * not included.
 */
export interface Analysis {
  /** The names that stand for the base in this Dockerfile. */
  readonly baseNames: readonly string[]
  /** Whether the build needs the build arg for the base: FROM uses it. */
  readonly usesBaseArg: boolean
  /** Whether a stage declares it, so that its value is visible to steps. */
  readonly usesBaseArgInStage: boolean
  /** Whether a stage uses the base for another platform than the target's. */
  readonly usesBaseElsewhere: boolean
  /** Whether a stage reads `SOURCE_DATE_EPOCH`, so that the result depends on it. */
  readonly usesEpoch: boolean
  /** Whether all programs that steps run are of the builder's platform. Triggers of pulled images are not included. */
  readonly runsOnBuilderOnly: boolean
  /** The build args that can have an effect: declared ones, and those that BuildKit reads itself. */
  readonly usedArgs: readonly string[]
  /** Positions of literal names of the base. */
  readonly literalBases: readonly Span[]
  /** The named contexts that it reads. */
  readonly contexts: readonly ReadContext[]
  /** Images whose names cannot be expanded with certainty are omitted: BuildKit reports them. */
  readonly externals: readonly ExternalImage[]
  /**
   * The paths of the main context that the stages read, at least: relative, `*`, `?` and `[…]` as in Go's `filepath.Match`,
   * a directory with all that is in it.
   */
  readonly contextPaths: readonly string[] | 'all'
  /** `ADD https://…`: content that may change without a change of the context. */
  readonly unpinned: readonly ImageUse[]
  /** The addresses that ADD fetches with a checksum, or from a commit. */
  readonly pinnedRemotes: readonly string[]
  readonly secrets: readonly MountedSecret[]
  readonly issues: readonly DockerfileIssue[]
}

/** A named context that a Dockerfile reads. */
export interface ReadContext {
  readonly name: string
  /** Whether every use is for the target's platform and none for the builder's. */
  readonly isForTarget: boolean
}

/** Analyses the stages that the target needs. Pure; takes linear time. */
export function analyze(dockerfile: Dockerfile, input: AnalysisInput): Analysis {
  const { baseNames } = input
  if (dockerfile.issue !== undefined) return { ...NOTHING, baseNames, issues: [dockerfile.issue] }
  const graph = linkStages(dockerfile, input)
  const syntax = syntaxOf(dockerfile, input)
  const target = findTarget(graph, input.target)
  if (target === undefined) {
    // Another frontend may have another syntax.
    const issues = syntax.isForeign ? [] : [noTarget(dockerfile, input.target)]
    const contexts = allContexts(input)
    return { ...NOTHING, ...externalsOf(syntax.named), baseNames, contexts, usedArgs: Object.keys(input.args), issues }
  }
  const reached = reachedStages(graph, target)
  const links = reached.flatMap((stage) => stage.links)
  const complete = withBaseImage(links, input)
  const named = links.flatMap((link) => namedImage(link, complete))
  const reads = readsOf(dockerfile, input, { graph, reached })
  return {
    baseNames: complete.baseNames,
    ...basesOf(named),
    ...reads,
    usesEpoch: reached.some(({ stage }) => declares(stage, EPOCH_ARG)),
    runsOnBuilderOnly:
      !syntax.isForeign && !reached.some(({ stage }) => runsElsewhere(stage)) && !named.some(isUnknown),
    usedArgs: syntax.isForeign ? Object.keys(input.args) : usedArgsOf(dockerfile, input.args),
    ...externalsOf([...named.filter(({ role }) => role === 'external'), ...syntax.named]),
    contexts: syntax.isForeign ? allContexts(input) : contextsOf(named),
    contextPaths: syntax.isForeign ? 'all' : reads.contextPaths,
    issues: syntax.isForeign ? [] : issuesOf(dockerfile, input, { reached, named: [...named, ...syntax.named] }),
  }
}

const NOTHING: Omit<Analysis, 'baseNames' | 'issues'> = {
  usesBaseArg: false,
  usesBaseArgInStage: false,
  usesBaseElsewhere: false,
  usesEpoch: false,
  runsOnBuilderOnly: false,
  usedArgs: [],
  literalBases: [],
  externals: [],
  contexts: [],
  contextPaths: 'all',
  unpinned: [],
  pinnedRemotes: [],
  secrets: [],
}

interface ReachedStage {
  readonly stage: LinkedStage
  readonly links: readonly Link[]
}

interface NamedImage {
  readonly role: 'base-arg' | 'literal-base' | 'context' | 'external' | 'unknown'
  readonly name: string
  /** Undefined if a build arg names it. */
  readonly use?: ImageUse
  readonly isForTarget: boolean
  readonly error?: Link['error']
}

function findTarget({ stages, named }: StageGraph, target: string | undefined): LinkedStage | undefined {
  if (target === undefined) return stages.at(-1)
  return named(target) ?? stages[/^\d+$/.test(target) ? Number(target) : -1]
}

/** The target and its inputs, in the order of the file. */
function reachedStages(graph: StageGraph, target: LinkedStage): readonly ReachedStage[] {
  const reached = new Map<LinkedStage, readonly Link[]>()
  const open = [target]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (reached.has(one)) continue
    const links = linksOf(one, graph)
    reached.set(one, links)
    for (const { stage } of links) if (stage !== undefined) open.push(stage)
  }
  return graph.stages.flatMap((stage) => {
    const links = reached.get(stage)
    return links === undefined ? [] : [{ stage, links }]
  })
}

function namedImage(
  { use, name, stage, isForTarget, error }: Link,
  { baseNames, contexts }: AnalysisInput,
): readonly NamedImage[] {
  if (name === 'scratch' || stage !== undefined) return []
  if (name.includes(BASE_MARK)) return [{ role: 'base-arg', name, use, isForTarget }]
  if (name.includes(UNKNOWN)) return [{ role: 'unknown', name, use, isForTarget }]
  const context = contextName(name)
  if (context !== undefined && contexts?.has(context)) return [{ role: 'context', name: context, use, isForTarget }]
  const full = fullName(name)
  const isBase = full !== undefined && baseNames.some((base) => fullName(base) === full)
  return [{ role: isBase ? 'literal-base' : 'external', name, use, isForTarget, error }]
}

/**
 * Adds the image that is the base of every platform to the names of the base, so that a Dockerfile with `FROM alpine:3.22`
 * needs no change. Not if the Dockerfile names the base otherwise, or uses the image for the builder's platform too: that
 * one is pulled, because the base may lack it. And not with a digest, which may name the image of one platform.
 */
function withBaseImage(links: readonly Link[], input: AnalysisInput): AnalysisInput {
  const { baseImage, baseNames } = input
  if (baseImage === undefined || parseReference(baseImage)?.digest !== undefined) return input
  const complete = { ...input, baseNames: [...baseNames, baseImage] }
  const isBase = ({ role }: NamedImage) => role === 'base-arg' || role === 'literal-base' || role === 'unknown'
  if (links.flatMap((link) => namedImage(link, input)).some(isBase)) return input
  const bases = links.flatMap((link) => namedImage(link, complete)).filter(isBase)
  return bases.length > 0 && bases.every(({ isForTarget }) => isForTarget) ? complete : input
}

function basesOf(named: readonly NamedImage[]) {
  const bases = named.filter(({ role }) => role === 'base-arg' || role === 'literal-base')
  const places = bases.flatMap(({ role, use }) => (role === 'literal-base' && use !== undefined ? [use] : []))
  return {
    usesBaseArg: bases.some(({ role }) => role === 'base-arg'),
    usesBaseElsewhere: bases.some(({ isForTarget }) => !isForTarget),
    literalBases: withoutRepeats(places),
  }
}

/** One entry for each named context that is read. */
function contextsOf(named: readonly NamedImage[]): readonly ReadContext[] {
  const read = named.filter(({ role }) => role === 'context')
  const names = [...new Set(read.map(({ name }) => name))].sort()
  return names.map((name) => ({
    name,
    isForTarget: read.every((one) => one.name !== name || one.isForTarget),
  }))
}

/** Another frontend may read any of them. */
function allContexts({ contexts = new Set() }: AnalysisInput): readonly ReadContext[] {
  return [...contexts].sort().map((name) => ({ name, isForTarget: false }))
}

/** A trigger is reported once, even if several stages run it. */
function withoutRepeats(places: readonly ImageUse[]): readonly ImageUse[] {
  return [...new Map(places.map((place) => [place.start, place])).values()]
}

function externalsOf(named: readonly NamedImage[]): Pick<Analysis, 'externals'> {
  return { externals: groupByName(named) }
}

/** The frontend: a build arg is used in place of the directive, and the builder's own needs no image. */
function syntaxOf({ syntax, isForeign }: Dockerfile, { args }: AnalysisInput) {
  const given = Object.hasOwn(args, SYNTAX_ARG) ? args[SYNTAX_ARG]?.trim().split(' ')[0] : undefined
  const named = (name: string, use?: ImageUse): NamedImage => ({
    role: 'external',
    name,
    isForTarget: false,
    ...(use !== undefined && { use }),
  })
  if (given === 'dockerfile.v0') return { isForeign: false, named: [] }
  if (given) return { isForeign: isForeignSyntax(given), named: [named(given)] }
  return { isForeign: isForeign ?? false, named: syntax === undefined ? [] : [named(syntax.text, syntax)] }
}

function declares(stage: LinkedStage, arg: string): boolean {
  return stage.steps().some((step) => step.kind === 'arg' && step.args.some(({ name }) => name === arg))
}

function runsElsewhere({ isForBuilder, steps }: LinkedStage): boolean {
  return !isForBuilder && steps().some(({ kind }) => kind === 'run')
}

/** Its triggers are not known. */
function isUnknown({ role, isForTarget }: NamedImage): boolean {
  return role === 'unknown' && isForTarget
}

function readsOf(
  { escapeCharacter }: Dockerfile,
  source: AnalysisInput,
  { graph, reached }: { readonly graph: StageGraph; readonly reached: readonly ReachedStage[] },
) {
  const read = stageReader({ source, globals: graph.globals, escapeCharacter })
  const all = reached.map(({ stage }): StageReads => read(stage))
  return {
    usesBaseArgInStage: all.some(({ seesBase }) => seesBase),
    contextPaths: contextPathsOf(all.flatMap(({ paths }) => paths)),
    unpinned: all.flatMap(({ unpinned }) => unpinned),
    pinnedRemotes: all.flatMap(({ pinnedRemotes }) => pinnedRemotes),
    secrets: all.flatMap(({ secrets }) => secrets),
  }
}

/** In BuildKit's form; no path may leave the context. */
function contextPathsOf(paths: readonly (string | undefined)[]): readonly string[] | 'all' {
  const found = new Set<string>()
  for (const path of paths) {
    const relative = path === undefined ? '' : posix.join('/', path).replace(/^\/+|(?<!\/)\/+$/g, '')
    if (relative === '') return 'all'
    found.add(relative)
  }
  return [...found].sort()
}

function issuesOf(
  dockerfile: Dockerfile,
  { baseNames, contexts }: AnalysisInput,
  { reached, named }: { readonly reached: readonly ReachedStage[]; readonly named: readonly NamedImage[] },
): readonly DockerfileIssue[] {
  const isWithoutBase = named.every(({ role }) => role === 'external' || role === 'context')
  const conflicts = baseContexts(baseNames, contexts)
  return [
    ...conflicts,
    ...(isWithoutBase && conflicts.length === 0 ? [noBase(dockerfile, baseNames, reached)] : []),
    ...named.flatMap(({ role, name, use, error }) => {
      if (role === 'base-arg' && name !== BASE_MARK && use !== undefined) return [composedBase(use)]
      if (role !== 'external' || use === undefined || fullName(name) !== undefined) return []
      return error === undefined ? (badName(name, use, dockerfile) ?? []) : [{ ...error, line: use.line }]
    }),
  ]
}
