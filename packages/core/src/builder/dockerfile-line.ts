import { DockerfileParser, From, type Instruction } from 'dockerfile-ast'

/** `[builder 2/5] RUN make`: BuildKit's name of a step, with its stage where there are several. */
const STEP_NAME = /^\[(?:(?<words>[^\]]*) )?(?<index>\d+)\/(?<total>\d+)\] (?<keyword>[A-Z]+)/

/** Instructions that BuildKit numbers. */
const NUMBERED: ReadonlySet<string> = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR'])

interface Stage {
  readonly names: readonly string[]
  /** The instructions that BuildKit numbers, from 1. */
  readonly steps: readonly Instruction[]
}

/**
 * The line of a Dockerfile, from 1, that a step of BuildKit comes from. Steps are told apart by their number in their
 * stage, because their text has its variables replaced.
 *
 * @returns undefined where the step is none of the Dockerfile's instructions.
 */
export function findInstruction(dockerfile: string, stepName: string): number | undefined {
  const match = STEP_NAME.exec(stepName)?.groups
  if (!match) return undefined
  const words = match['words']?.split(' ') ?? []
  const candidates = readStages(dockerfile).filter(({ names, steps }) => {
    // Instructions that the base adds by ONBUILD shift the numbers, and then the count differs.
    const named = words.length === 0 || names.some((name) => words.includes(name))
    return named && steps.length === Number(match['total'])
  })
  const [stage] = candidates
  const instruction = candidates.length === 1 ? stage?.steps[Number(match['index']) - 1] : undefined
  return instruction !== undefined && instruction.getKeyword() === match['keyword']
    ? instruction.getRange().start.line + 1
    : undefined
}

function readStages(text: string): readonly Stage[] {
  const stages: { names: string[]; steps: Instruction[] }[] = []
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction instanceof From) stages.push(startStage(instruction, stages))
    else if (NUMBERED.has(instruction.getKeyword())) stages.at(-1)?.steps.push(instruction)
  }
  return stages
}

/** Naming its base is a numbered step of a stage, unless the base is an earlier stage or nothing at all. */
function startStage(from: From, earlier: readonly Stage[]): { names: string[]; steps: Instruction[] } {
  const base = from.getImage() ?? ''
  const isPulled = base !== 'scratch' && !earlier.some(({ names }) => names.includes(base))
  const name = from.getBuildStage()
  return { names: [`stage-${earlier.length}`, ...(name ? [name] : [])], steps: isPulled ? [from] : [] }
}
