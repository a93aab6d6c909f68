import type { ArgDeclaration, EnvDeclaration, ImageUse, StageStep, StepMount } from './dockerfile.js'
import { readMount } from './mounts.js'
import { parseHeredoc } from './syntax/heredocs.js'
import type { Instruction } from './syntax/instructions.js'
import { type Flag, readJson, splitQuoted, splitSpaces } from './syntax/words.js'

/** Returns what an instruction runs, or the images, files and variables that it reads; undefined if there is nothing. */
export function readStep(one: Instruction, escapeCharacter: string): StageStep | undefined {
  switch (one.keyword) {
    case 'ARG':
      return { kind: 'arg', args: readArgs(one, escapeCharacter) }
    case 'ENV':
      return { kind: 'env', env: readEnv(one, escapeCharacter) }
    case 'RUN': {
      const mounts = one.flags.filter(({ name }) => name === 'mount').map((flag) => readStepMount(flag, one))
      return { kind: 'run', line: one.line, mounts }
    }
    case 'COPY':
    case 'ADD':
      return readCopy(one)
    case 'ONBUILD': {
      const trigger = one.trigger && readStep(one.trigger, escapeCharacter)
      return trigger && { kind: 'onbuild', trigger }
    }
    default:
      return undefined
  }
}

/** The args that an ARG declares. */
export function readArgs({ joined, args }: Instruction, escapeCharacter: string): readonly ArgDeclaration[] {
  return splitQuoted(joined.text, args, escapeCharacter).map(({ text }) => {
    const equals = text.indexOf('=')
    return equals < 0 ? { name: text } : { name: text.slice(0, equals), default: text.slice(equals + 1) }
  })
}

function readEnv({ joined, args }: Instruction, escapeCharacter: string): readonly EnvDeclaration[] {
  const words = splitQuoted(joined.text, args, escapeCharacter)
  if (words[0]?.text.includes('=') === false) {
    const [, name = '', value = ''] =
      /^([^\t\v\f\r ]+)[\t\v\f\r ]+([\s\S]*)$/.exec(joined.text.slice(args.start).trim()) ?? []
    return [{ name, value }]
  }
  return words.map(({ text }) => {
    const equals = text.indexOf('=')
    return { name: text.slice(0, Math.max(equals, 0)), value: text.slice(equals + 1) }
  })
}

function readStepMount(flag: Flag, { joined }: Instruction): StepMount {
  const options = readMount(flag)
  const from = options.findLast(({ name, value }) => name === 'from' && value)
  return {
    options: new Map(options.map(({ name, value }) => [name, value])),
    ...(from?.value && { from: { text: from.value, ...joined.span(from.start, from.end) } }),
  }
}

function readCopy({ keyword, flags, joined, args }: Instruction): StageStep {
  const words = readJson(joined.text, args) ?? splitSpaces(joined.text, args)
  const checksum = flags.find(({ name }) => name === 'checksum')?.value
  const from = flags.find(({ name }) => name === 'from')
  return {
    kind: 'copy',
    isAdd: keyword === 'ADD',
    ...(from?.value && { from: flagUse(from, joined) }),
    sources: words
      .slice(0, -1)
      .filter(({ text }) => parseHeredoc(text) === undefined)
      .map(({ text, start, end }) => ({ text, ...joined.span(start, end) })),
    ...(checksum && { checksum }),
  }
}

function flagUse({ value = '', places }: Flag, joined: Instruction['joined']): ImageUse {
  return { text: value, ...joined.span(places[0] ?? 0, (places.at(-1) ?? 0) + 1) }
}
