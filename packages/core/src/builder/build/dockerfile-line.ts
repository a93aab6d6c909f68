import { type Instruction, splitInstructions } from '../../dockerfile/syntax/instructions.js'
import { splitSpaces } from '../../dockerfile/syntax/words.js'

/** `[builder 2/5] RUN make`: BuildKit's name of a step, with its stage if there are several. */
const STEP_NAME = /^\[(?:(?<words>[^\]]*) )?(?<index>\d+)\/(?<total>\d+)\] (?<keyword>[A-Z]+)/

/** Instructions that BuildKit numbers. */
const NUMBERED: ReadonlySet<string> = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR'])

interface Stage {
  readonly names: readonly string[]
  /** The instructions that BuildKit numbers, from 1. */
  readonly steps: readonly Instruction[]
}

/**
 * Finds the line of a Dockerfile, from 1, that a BuildKit step comes from.
 * Steps are matched by their number in their stage, because BuildKit replaces the variables in their text.
 *
 * @returns undefined if the step is not an instruction of the Dockerfile.
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
  return instruction !== undefined && instruction.keyword === match['keyword'] ? instruction.line : undefined
}

function readStages(text: string): readonly Stage[] {
  const stages: { names: string[]; steps: Instruction[] }[] = []
  for (const instruction of splitInstructions(text).instructions) {
    if (instruction.keyword === 'FROM') stages.push(startStage(instruction, stages))
    else if (NUMBERED.has(instruction.keyword)) stages.at(-1)?.steps.push(instruction)
  }
  return stages
}

/** FROM is a numbered step of a stage, unless the base is an earlier stage or `scratch`. */
function startStage(from: Instruction, earlier: readonly Stage[]): { names: string[]; steps: Instruction[] } {
  const [base, as, name] = splitSpaces(from.joined.text, from.args).map(({ text }) => text)
  const isPulled = base !== 'scratch' && !earlier.some(({ names }) => base !== undefined && names.includes(base))
  const named = as?.toLowerCase() === 'as' && name !== undefined ? [name.toLowerCase()] : []
  return { names: [`stage-${earlier.length}`, ...named], steps: isPulled ? [from] : [] }
}
