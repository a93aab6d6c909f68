import { nearest, suggest } from '../definition/issues.js'
import { contextName } from '../model/context-name.js'
import type { Dockerfile, DockerfileIssue, ImageUse, Stage } from './dockerfile.js'
import { BASE_ARG, type Link } from './stage-links.js'

interface ReachedStage {
  readonly stage: { readonly stage: Stage }
  readonly links: readonly Link[]
}

/** The issue of a target that does not exist. */
export function noTarget({ stages, stray }: Dockerfile, target: string | undefined): DockerfileIssue {
  if (target === undefined || stages.length === 0) {
    const hint = `write FROM \${${BASE_ARG}}`
    if (stray === undefined) return { message: 'the Dockerfile has no FROM', hint }
    return { message: `the Dockerfile has no FROM before ${stray.keyword}`, hint, line: stray.line }
  }
  const names = stages.flatMap(({ name }) => name ?? [])
  const hint = names.length === 0 ? 'the Dockerfile has no named stages' : suggest(target, names)
  return { message: `the Dockerfile has no stage '${target}'`, hint }
}

/** The issue that no stage of the target uses the base. */
export function noBase(
  dockerfile: Dockerfile,
  baseNames: readonly string[],
  reached: readonly ReachedStage[],
): DockerfileIssue {
  const { stages } = dockerfile
  const unused = stages.find(({ from }) => from.text.includes(BASE_ARG))
  if (unused !== undefined && !declaresBase(dockerfile)) {
    return {
      message: `FROM names ${BASE_ARG}, which is not declared`,
      hint: `write ARG ${BASE_ARG} before the first FROM`,
      line: unused.from.line,
    }
  }
  const target = reached.at(-1)?.stage.stage ?? stages[0]
  const literal = baseNames.length === 0 ? "a literal name given by .sharedBase('…')" : `FROM ${baseNames[0]}`
  return {
    message: 'no stage of the target uses the base',
    hint:
      unused === undefined
        ? `write ARG ${BASE_ARG} before the first FROM and then FROM \${${BASE_ARG}}, or ${literal}`
        : unusedStageHint(unused, reached),
    ...(target !== undefined && { line: target.from.line }),
  }
}

/** An unused stage does: probably its name is misspelt. */
function unusedStageHint({ name, from }: Stage, reached: readonly ReachedStage[]): string {
  const images = reached.flatMap(({ links }) => links.filter(({ stage }) => stage === undefined))
  const misspelt = name === undefined ? undefined : images.find((image) => nearest(image.name, [name]) !== undefined)
  if (misspelt !== undefined) return `line ${misspelt.use.line} names '${misspelt.name}': did you mean '${name}'?`
  const which = name === undefined ? `the stage of line ${from.line}` : `the stage '${name}' of line ${from.line}`
  return `${which} uses it: refer to that stage by FROM or COPY --from, or build another target`
}

/** Named contexts that would replace the base. */
export function baseContexts(
  baseNames: readonly string[],
  contexts: ReadonlySet<string> = new Set(),
): readonly DockerfileIssue[] {
  const names = baseNames.flatMap((name) => contextName(name) ?? [])
  return [...contexts]
    .filter((context) => names.includes(context))
    .map((context) => ({
      message: `context '${context}' has the name of the base and would replace it`,
      hint: 'rename the context in build({ contexts })',
    }))
}

/** The issue of an invalid name; undefined if {@link noBase} reports it already. */
export function badName(name: string, use: ImageUse, dockerfile: Dockerfile): DockerfileIssue | undefined {
  const hint = 'set a default for the arg, or a value in build({ args })'
  if (name.includes('$') && name === use.text) return unexpanded(use)
  if (name !== '') return { message: `'${name}' is not a valid image name`, hint, line: use.line }
  if (use.text.includes(BASE_ARG) && !declaresBase(dockerfile)) return undefined
  const isMisspelt = nearest(use.text.replace(/\W/g, ''), [BASE_ARG]) !== undefined
  return { message: `${use.text} is empty`, hint: isMisspelt ? `did you mean \${${BASE_ARG}}?` : hint, line: use.line }
}

/** BuildKit expands variables only in the names of FROM. */
function unexpanded({ text, line }: ImageUse): DockerfileIssue {
  return {
    message: `'${text}' is not expanded: COPY --from and RUN --mount=from do not support variables`,
    hint: `use a stage: write FROM ${text} AS files, with its ARG before the first FROM, and then --from=files`,
    line,
  }
}

/** The base's arg is a full reference with host and digest: with text around it, it names another image or none. */
export function composedBase({ text, line }: ImageUse): DockerfileIssue {
  return {
    message: `'${text}' extends \${${BASE_ARG}}, which is a full image name with host and digest`,
    hint: `write FROM \${${BASE_ARG}}, and set the image as base of the platform in build.ts`,
    line,
  }
}

function declaresBase({ globalArgs }: Dockerfile): boolean {
  return globalArgs.some(({ name }) => name === BASE_ARG)
}
