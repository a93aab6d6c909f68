import {
  type Add,
  type Arg,
  type Argument,
  type Copy,
  DockerfileParser,
  type Env,
  type From,
  type Instruction,
} from 'dockerfile-ast'
import type { ArgDeclaration, Dockerfile, DockerfileFault, ImageUse, Stage } from './dockerfile.js'
import { secretsOf } from './secret-mounts.js'

type Range = ReturnType<Instruction['getRange']>

/**
 * Reads a Dockerfile: stages, the images they name, and the args before them. What is no Dockerfile gives no stages.
 *
 * @see https://docs.docker.com/reference/dockerfile/
 */
export function parseDockerfile(text: string): Dockerfile {
  const fault = findLongLine(text)
  if (fault !== undefined) return { text, escapeCharacter: '\\', globalArgs: [], stages: [], fault }
  const parsed = DockerfileParser.parse(text)
  const use = useFinder(text)
  const instructions = parsed.getInstructions()
  const firstFrom = instructions.findIndex(isFrom)
  const heads = firstFrom < 0 ? instructions : instructions.slice(0, firstFrom)
  const stray = heads.find((one) => one.getKeyword() !== 'ARG')
  const syntax = parsed.getDirectives().find((directive) => directive.getName().toLowerCase() === 'syntax')
  return {
    text,
    escapeCharacter: parsed.getEscapeCharacter(),
    ...(syntax !== undefined && syntax.getValue() !== '' && { syntax: use(syntax.getValueRange()) }),
    globalArgs: heads.flatMap(argsOf),
    ...(stray !== undefined && { stray: { keyword: stray.getInstruction(), line: stray.getRange().start.line + 1 } }),
    stages: splitStages(instructions).map((stage, index) => readStage(stage, index, use)),
  }
}

/** BuildKit reads no line that is longer. In bytes. */
const MAX_LINE = 65_535

/** Looked for first: what time a line takes grows faster than it does. */
function findLongLine(text: string): DockerfileFault | undefined {
  const index = text.split('\n').findIndex((line) => Buffer.byteLength(line) > MAX_LINE)
  if (index < 0) return undefined
  const message = `a line is longer than ${MAX_LINE} bytes, which is the most that BuildKit reads`
  return { message, hint: 'end it with a backslash and go on in the next, or put it into a file', line: index + 1 }
}

type UseFinder = (range: Range) => ImageUse

/** Turns positions by line into offsets. */
function useFinder(text: string): UseFinder {
  const starts = [0]
  for (const { index } of text.matchAll(/\r\n|\n|\r/g)) {
    starts.push(index + (text.startsWith('\r\n', index) ? 2 : 1))
  }
  return ({ start, end }) => {
    const from = (starts[start.line] ?? text.length) + start.character
    const to = (starts[end.line] ?? text.length) + end.character
    return { text: text.slice(from, to), start: from, end: to, line: start.line + 1 }
  }
}

function isFrom(instruction: Instruction): instruction is From {
  return instruction.getKeyword() === 'FROM'
}

function argsOf(instruction: Instruction): readonly ArgDeclaration[] {
  if (instruction.getKeyword() !== 'ARG') return []
  return (instruction as Arg).getProperties().map((property) => {
    const value = property.getValue()
    return { name: property.getName(), ...(value !== null && { default: value }) }
  })
}

function splitStages(instructions: readonly Instruction[]): readonly (readonly [From, ...Instruction[]])[] {
  const stages: [From, ...Instruction[]][] = []
  for (const instruction of instructions) {
    if (isFrom(instruction)) stages.push([instruction])
    else stages.at(-1)?.push(instruction)
  }
  return stages
}

function readStage([from, ...rest]: readonly [From, ...Instruction[]], index: number, use: UseFinder): Stage {
  const [image, as, name] = from.getArguments()
  const platform = from.getPlatformFlag()?.getValue()
  const named = as?.getValue().toLowerCase() === 'as' && name !== undefined
  return {
    index,
    from: use(image?.getRange() ?? from.getInstructionRange()),
    ...(named && { name: name.getValue().toLowerCase() }),
    ...(platform && { platform }),
    args: rest.flatMap(argsOf),
    uses: rest.flatMap((instruction) => usesOf(instruction, use)),
    env: rest.flatMap(envOf),
    adds: rest.flatMap((instruction) => addsOf(instruction, use, false)),
    pinnedAdds: rest.flatMap((instruction) => addsOf(instruction, use, true)),
    secrets: rest.flatMap(secretsOf),
  }
}

function usesOf(instruction: Instruction, use: UseFinder): readonly ImageUse[] {
  switch (instruction.getKeyword()) {
    case 'COPY':
    case 'ADD': {
      const flags = (instruction as Copy).getFlags().filter((flag) => flag.getName() === 'from')
      return flags.flatMap((flag) => valueUse(flag.getValueRange(), use))
    }
    case 'RUN': {
      const mounts = (instruction as Copy).getFlags().filter((flag) => flag.getName() === 'mount')
      return mounts.flatMap((flag) => {
        const from = flag.getOptions().find((option) => option.getName() === 'from')
        return valueUse(from?.getValueRange() ?? null, use)
      })
    }
    default:
      return []
  }
}

function valueUse(range: Range | null, use: UseFinder): readonly ImageUse[] {
  if (range === null) return []
  const found = use(range)
  return found.text === '' ? [] : [found]
}

function addsOf(instruction: Instruction, use: UseFinder, isPinned: boolean): readonly ImageUse[] {
  if (instruction.getKeyword() !== 'ADD') return []
  const add = instruction as Add
  // With its checksum the Dockerfile says what the content is.
  if (add.getFlags().some((flag) => flag.getName() === 'checksum') !== isPinned) return []
  const strings = add.getJSONStrings()
  const words = strings.length > 0 ? strings : outsideOfDocuments(add.getArguments())
  return words.slice(0, -1).map((word) => use(word.getRange()))
}

/** The lines of a here-document are among an instruction's words. */
function outsideOfDocuments(words: readonly Argument[]): readonly Argument[] {
  const opening = words.find((word) => /^<<-?["'\w]/.test(word.getValue()))
  if (opening === undefined) return words
  const { line } = opening.getRange().start
  return words.filter((word) => word.getRange().start.line <= line)
}

function envOf(instruction: Instruction): Stage['env'] {
  if (instruction.getKeyword() !== 'ENV') return []
  return (instruction as Env).getProperties().map((property) => ({
    name: property.getName(),
    value: property.getValue() ?? '',
  }))
}
