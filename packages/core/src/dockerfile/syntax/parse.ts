import { LIMITS } from '../../model/limits.js'
import type { ArgDeclaration, Dockerfile, DockerfileIssue, ImageUse, Stage } from '../dockerfile.js'
import { readArgs, readStep } from '../read-step.js'
import { findSyntax, isForeignSyntax } from './directives.js'
import { type Instruction, splitInstructions } from './instructions.js'
import { splitSpaces, type Word } from './words.js'

/**
 * Reads a Dockerfile as the newest BuildKit does: stages, the images they name, and the args before them. Text that is no
 * Dockerfile gives no stages.
 *
 * @see https://docs.docker.com/reference/dockerfile/
 */
export function parseDockerfile(text: string): Dockerfile {
  const issue = findLongLine(text)
  if (issue !== undefined) return { text, escapeCharacter: '\\', globalArgs: [], stages: [], issue }
  const { instructions, escapeCharacter, essence } = splitInstructions(text)
  const firstFrom = instructions.findIndex(isFrom)
  const heads = firstFrom < 0 ? instructions : instructions.slice(0, firstFrom)
  const stray = heads.find(({ keyword }) => keyword !== 'ARG')
  const syntax = findSyntax(text)
  return {
    text,
    escapeCharacter,
    ...(syntax !== undefined && { syntax, isForeign: isForeignSyntax(syntax.text) }),
    globalArgs: heads.flatMap((one): readonly ArgDeclaration[] =>
      one.keyword === 'ARG' ? readArgs(one, escapeCharacter) : [],
    ),
    ...(stray !== undefined && { stray: { keyword: stray.name, line: stray.line } }),
    stages: readStages(instructions.slice(heads.length), escapeCharacter),
    essence,
  }
}

function findLongLine(text: string): DockerfileIssue | undefined {
  const index = text.split('\n').findIndex((line) => Buffer.byteLength(line) > LIMITS.dockerfileLine)
  if (index < 0) return undefined
  const message = `a line is longer than ${LIMITS.dockerfileLine} bytes, the limit of BuildKit`
  return { message, hint: 'continue it on the next line with a backslash, or move it to a file', line: index + 1 }
}

function isFrom({ keyword }: Instruction): boolean {
  return keyword === 'FROM'
}

function readStages(instructions: readonly Instruction[], escapeCharacter: string): readonly Stage[] {
  const stages: { from: Instruction; rest: Instruction[] }[] = []
  for (const one of instructions) {
    if (isFrom(one)) stages.push({ from: one, rest: [] })
    else stages.at(-1)?.rest.push(one)
  }
  return stages.map(({ from, rest }, index) => ({
    ...readFrom(from, index),
    steps: rest.flatMap((one) => readStep(one, escapeCharacter) ?? []),
  }))
}

function readFrom(from: Instruction, index: number): Omit<Stage, 'steps'> {
  const [image, as, name] = splitSpaces(from.joined.text, from.args)
  const platform = from.flags.find((flag) => flag.name === 'platform')?.value
  const isNamed = as?.text.toLowerCase() === 'as' && name !== undefined
  return {
    index,
    from: image === undefined ? { text: from.name, ...from.joined.span(0, from.name.length) } : useOf(image, from),
    ...(isNamed && { name: name.text.toLowerCase() }),
    ...(platform && { platform }),
  }
}

function useOf({ text, start, end }: Word, { joined }: Instruction): ImageUse {
  return { text, ...joined.span(start, end) }
}
