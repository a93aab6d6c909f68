import { readFileSync } from 'node:fs'
import { posix, resolve } from 'node:path'
import { baseOfDockerfile } from '@polyarch/core/cli'
import { Code, codeOf } from './code.js'

/** The parts of a build that its base depends on. */
export interface BasedBuild {
  /** `linux/arm/v7` */
  readonly platform: string
  readonly context: string
  readonly dockerfile: string
  readonly inline?: string | undefined
  readonly target?: string | undefined
  readonly args: Readonly<Record<string, string>>
  readonly contexts: Readonly<Record<string, string>>
}

/** The base of a build as code. */
export interface ImportedBase {
  readonly code: Code
  readonly notes: readonly string[]
  /** The required change of the Dockerfile. */
  readonly change?: DockerfileChange
  /** Whether no change is required if all platforms have this base. */
  readonly isUsableAsWritten?: boolean
  /** Whether the Dockerfile names it by `BASE_IMAGE`. */
  readonly usesBaseArg?: boolean
}

/** A change after which a Dockerfile uses the base of each platform. */
export interface DockerfileChange {
  /** The instruction for the user. */
  readonly note?: string
  /** The changed text of an inline Dockerfile. */
  readonly inline?: string
}

/** The change of a Dockerfile that its base requires beside those of the other platforms. */
export function changeFor(base: ImportedBase, all: readonly ImportedBase[]): DockerfileChange {
  const isShared = all.every(({ code }) => code.text === base.code.text)
  return (isShared && base.isUsableAsWritten ? undefined : base.change) ?? {}
}

/** A base that the user must fill in. */
const OPEN_BASE = 'debian:bookworm'

/**
 * Finds the base of a build in its Dockerfile.
 *
 * @param directory - the directory that relative contexts start at
 * @param builtAs - the variable of the pipeline that publishes a name or builds a target
 */
export function importBase(
  build: BasedBuild,
  directory: string,
  builtAs: (name: string) => string | undefined,
): ImportedBase {
  const found = findBase(build, directory, builtAs)
  const arg = build.args['BASE_IMAGE']
  if (arg === undefined || found.usesBaseArg) return found
  return {
    ...found,
    notes: [...found.notes, `the build arg 'BASE_IMAGE=${arg}' is omitted: polyarch sets it to the base`],
  }
}

function findBase(build: BasedBuild, directory: string, builtAs: (name: string) => string | undefined): ImportedBase {
  const file = resolve(directory, build.context, build.dockerfile)
  const text = build.inline ?? readFileIfThere(file)
  if (text === undefined) return openBase(`the Dockerfile '${build.dockerfile}' was not found in '${build.context}'`)
  const emulators = emulatorNotes(text, pathOf(build))
  const base = baseOfDockerfile(text, { ...build, contexts: Object.keys(build.contexts) })
  const name = base?.isContext ? build.contexts[base.written] : base?.name
  if (base === undefined || name === undefined) return openBase(`the Dockerfile '${build.dockerfile}' names no base`)
  const image = name.replace(/^docker-image:\/\//, '')
  const variable = builtAs(name.replace(/^target:/, 'target:'))
  const code = new Code(variable ?? `fromImage(${codeOf(image)})`)
  const { usesBaseArg } = base
  const isUsableAsWritten = base.isUsableAsWritten && variable === undefined
  if (usesBaseArg || (variable !== undefined && !base.isContext)) return { code, notes: emulators, usesBaseArg }
  const change =
    build.inline === undefined
      ? { note: replaceFrom(pathOf(build), base, image) }
      : { inline: withBaseArg(build.inline, base) }
  return { code, notes: emulators, change, isUsableAsWritten }
}

/** The path of the Dockerfile in the directory of the source; that in a context elsewhere starts there. */
function pathOf({ context, dockerfile }: BasedBuild): string {
  return context.includes('://') ? dockerfile : posix.join(context, dockerfile)
}

/** Notes on emulators that are copied into the image, as was necessary before kernels could keep them open. */
function emulatorNotes(text: string, path: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      /^\s*(COPY|ADD)\s.*\bqemu-[\w*]+/i.test(line)
        ? [
            `in line ${at + 1} of '${path}', remove '${line.trim()}': registered emulators run without a file in the image ` +
              '(`npx tsx build.ts doctor` prints the command that registers one)',
          ]
        : [],
    )
}

function readFileIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function withBaseArg(text: string, { line, written }: { readonly line: number; readonly written: string }): string {
  const lines = text.split('\n')
  lines[line - 1] = lines[line - 1]?.replace(written, '${BASE_IMAGE}') ?? ''
  const first = lines.findIndex((one) => /^\s*FROM\s/i.test(one))
  return [...lines.slice(0, first), 'ARG BASE_IMAGE', ...lines.slice(first)].join('\n')
}

function replaceFrom(file: string, { line, written }: { line: number; written: string }, image: string): string {
  const preset = image.startsWith('target:') ? '' : `=${image}`
  return (
    `in line ${line} of '${file}', replace 'FROM ${written}' by 'FROM \${BASE_IMAGE}', and write ` +
    `'ARG BASE_IMAGE${preset}' before the first FROM; docker can still build it`
  )
}

function openBase(reason: string): ImportedBase {
  return { code: new Code(`fromImage(${codeOf(OPEN_BASE)})`), notes: [`${reason}: set the base of each platform`] }
}
