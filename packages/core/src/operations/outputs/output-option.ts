import { resolve } from 'node:path'
import { readOptionFields } from '../../definition/declare/option-fields.js'
import type { Definition, PipelineDefinition } from '../../definition/definition.js'
import { suggest } from '../../definition/issues.js'
import { DefinitionError, type Issue } from '../../model/errors.js'
import { formatPlatform, type Platform, parsePlatform, samePlatform } from '../../model/platform.js'

/** The types of outputs, as `docker buildx build --output` names them. */
const OUTPUT_TYPES = ['local', 'tar', 'oci', 'docker'] as const

/** The format of an output. */
export type OutputType = (typeof OUTPUT_TYPES)[number]

/**
 * An output of a published result: `local`, the root file system in a directory; `tar`, the same in an archive; `oci`,
 * an image layout in an archive; `docker`, an archive for `docker load`.
 */
export interface OutputFields {
  readonly type: OutputType
  /** The directory or file; relative paths start at the working directory. */
  readonly dest: string
  /** Only this platform: `linux/arm/v7`. By default all of them; `docker` has a single one. */
  readonly platform?: string
  /** The name of the pipeline, if there are several. */
  readonly pipeline?: string
}

/** An output: its fields, or `type=oci,dest=image.tar,platform=linux/amd64`. */
export type OutputOption = string | OutputFields

/** A validated output. */
export interface OutputDefinition {
  readonly type: OutputType
  /** Absolute path. */
  readonly dest: string
  readonly pipeline: PipelineDefinition
  readonly platforms: readonly Platform[]
}

const FIELDS = ['dest', 'platform', 'pipeline']
const EXAMPLE = "write 'type=oci,dest=image.tar'"

/** Reads outputs. @throws DefinitionError USAGE */
export function readOutputs(
  options: readonly OutputOption[],
  { pipelines }: Pick<Definition, 'pipelines'>,
): readonly OutputDefinition[] {
  const issues: Issue[] = []
  const requested = pipelines.filter((one) => one.requested)
  const outputs = options.flatMap((option) => {
    const found = readOutput(option, requested)
    if ('dest' in found) return [found]
    issues.push({ path: 'outputs', ...found })
    return []
  })
  const twice = outputs.find(({ dest }, at) => outputs.findIndex((one) => one.dest === dest) < at)
  if (twice !== undefined) issues.push({ path: 'outputs', message: `'${twice.dest}' is the dest of two outputs` })
  if (issues.length > 0) throw new DefinitionError(issues, 'USAGE')
  return outputs
}

type OutputIssue = Omit<Issue, 'path'>

function readOutput(option: OutputOption, pipelines: readonly PipelineDefinition[]): OutputDefinition | OutputIssue {
  const fields = readOptionFields(option)
  if (fields === undefined) return { message: 'output is not valid', hint: EXAMPLE }
  const { dest, platform, pipeline } = fields.attributes
  const type = OUTPUT_TYPES.find((one) => one === fields.type)
  if (type === undefined) {
    return { message: `output type '${fields.type}' does not exist`, hint: `use ${OUTPUT_TYPES.join(', ')}` }
  }
  const unknown = Object.keys(fields.attributes).find((name) => !FIELDS.includes(name))
  if (unknown !== undefined)
    return { message: `output field '${unknown}' does not exist`, hint: suggest(unknown, FIELDS) }
  if (!dest) return { message: `output of type ${type} requires 'dest'`, hint: EXAMPLE }
  if (dest === '-')
    return { message: 'an output cannot be written to standard output', hint: 'write a path, such as dest=image.tar' }
  const chosen = choosePipeline(pipeline, pipelines)
  if ('message' in chosen) return chosen
  const platforms = choosePlatforms(platform, chosen)
  if ('message' in platforms) return platforms
  if (type === 'docker' && platforms.length > 1) {
    const has = platforms.map(formatPlatform).join(', ')
    return {
      message: `output of type docker has one platform, but ${chosen.name} has ${has}`,
      hint: 'add platform=',
    }
  }
  return { type, dest: resolve(dest), pipeline: chosen, platforms }
}

function choosePipeline(
  name: string | undefined,
  pipelines: readonly PipelineDefinition[],
): PipelineDefinition | OutputIssue {
  const names = pipelines.map((one) => one.name)
  const [only, ...others] = name === undefined ? pipelines : pipelines.filter((one) => one.name === name)
  if (only === undefined)
    return { message: `output pipeline '${name}' does not exist`, hint: suggest(name ?? '', names) }
  if (others.length === 0) return only
  return {
    message: 'output does not select one of several pipelines',
    hint: `add pipeline=, one of ${names.join(', ')}`,
  }
}

function choosePlatforms(
  text: string | undefined,
  { name, platforms }: PipelineDefinition,
): readonly Platform[] | OutputIssue {
  const all = platforms.map(({ platform }) => platform)
  if (text === undefined) return all
  const requested = parsePlatform(text)
  const found = requested && all.find((one) => samePlatform(one, requested))
  if (found !== undefined) return [found]
  return { message: `${name} does not have platform '${text}'`, hint: `it has ${all.map(formatPlatform).join(', ')}` }
}
