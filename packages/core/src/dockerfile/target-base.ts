import type { Dockerfile } from './dockerfile.js'
import { BASE_ARG, BASE_MARK, type LinkedStage, linkStages, linksOf, type VariableSource } from './stage-links.js'
import { UNKNOWN } from './syntax/lexer.js'

/** The image that the target of a Dockerfile is based on. */
export interface TargetBase {
  /** With its variables expanded; undefined if that needs a value that is not given. */
  readonly name: string | undefined
  /** As written in FROM. */
  readonly written: string
  readonly line: number
  /** Whether FROM names it by the build arg `BASE_IMAGE`. */
  readonly usesBaseArg: boolean
  /** Whether a named context replaces it. */
  readonly isContext: boolean
}

/**
 * Finds the base of a target: the image of its last FROM, or of another stage for the target's platform if the last one is
 * `scratch`. Returns undefined if there is none.
 */
export function targetBase(dockerfile: Dockerfile, source: VariableSource): TargetBase | undefined {
  const graph = linkStages(dockerfile, source)
  const target = source.target === undefined ? graph.stages.at(-1) : graph.named(source.target)
  const seen = new Set<LinkedStage>()
  const open = target === undefined ? [] : [target]
  for (let stage = open.shift(); stage !== undefined; stage = open.shift()) {
    if (seen.has(stage)) continue
    seen.add(stage)
    const { from } = stage
    if (from.stage === undefined && from.name !== 'scratch' && from.isForTarget)
      return baseOf(stage, dockerfile, source)
    open.push(...linksOf(stage, graph).flatMap((link) => link.stage ?? []))
  }
  return undefined
}

function baseOf(
  { from: { name, use } }: LinkedStage,
  { globalArgs }: Dockerfile,
  { args, contexts }: VariableSource,
): TargetBase {
  const usesBaseArg = name.includes(BASE_MARK)
  const preset = globalArgs.find((arg) => arg.name === BASE_ARG)?.default
  const given = usesBaseArg ? (args[BASE_ARG] ?? (preset?.includes('$') ? undefined : preset)) : name
  return {
    name: given?.includes(UNKNOWN) ? undefined : given,
    written: use.text,
    line: use.line,
    usesBaseArg,
    isContext: contexts?.has(name) ?? false,
  }
}
