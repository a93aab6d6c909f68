import { DefinitionError } from '../../../model/errors.js'
import { isJsonObject } from '../../../model/json-fields.js'
import type { DeclaredPipeline, ImageFormat } from '../../declare/declaration.js'
import { type Issues, shownValue, suggest } from '../../issues.js'

const PIPELINE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

const FORMATS: readonly ImageFormat[] = ['oci', 'docker']

/** Options of `pipeline(…)` that exist. */
const OPTION_NAMES = ['name']

/**
 * The name of a pipeline: the given one, else the last part of its repository. Reports, plans and metadata files use it as
 * key, and the command line takes it.
 */
export function pipelineName({ declaration: { repository, options } }: DeclaredPipeline): string {
  return options.name ?? repository.slice(repository.lastIndexOf('/') + 1).replace(/[:@].*$/s, '')
}

/** The names of pipelines; values that are not pipelines, such as undefined from circular imports, are skipped. */
export function pipelineNames(pipelines: readonly (DeclaredPipeline | undefined)[]): readonly string[] {
  return pipelines.flatMap((one) => (one?.kind === 'pipeline' ? [pipelineName(one)] : []))
}

/** Text for a pipeline in messages. */
export function pipelinePath({ declaration: { repository, options } }: DeclaredPipeline): string {
  const name = options.name === undefined ? '' : `, { name: '${options.name}' }`
  return `pipeline('${repository}'${name})`
}

/** Adds an issue for each value of another type, for callers without a compiler. @returns whether there is none. */
export function checkValues(pipeline: DeclaredPipeline, issues: Issues): boolean {
  const { format, tags, platformNames, sharedBase, keepKeyTags } = pipeline.declaration
  const { build, annotations } = pipeline.declaration
  const path = pipelinePath(pipeline)
  const isFormat = FORMATS.includes(format)
  if (!isFormat) issues.add(`${path}.format`, `format '${format}' does not exist`, suggest(`${format}`, FORMATS))
  const wrongTexts = [
    ...tags.map((value) => ['tags', value, "write .tags('1.0', 'latest')"] as const),
    ...platformNames.map(
      (value) => ['platformNames', value, "write .platformNames('{repository}-{arch}:{tag}')"] as const,
    ),
    ...(sharedBase === undefined ? [] : [['sharedBase', sharedBase, 'pass an image name'] as const]),
  ].filter(([, value]: readonly [string, unknown, string]) => typeof value !== 'string')
  for (const [method, value, hint] of wrongTexts)
    issues.add(`${path}.${method}`, `${shownValue(value)} is not a string`, hint)
  const wrongSettings = [
    ['build', build, "write .build({ context: '.' })"] as const,
    ...annotations.map((value) => ['annotations', value, 'write .annotations({ index: { … } })'] as const),
  ].filter(([, value]: readonly [string, unknown, string]) => !isJsonObject(value))
  for (const [method, value, hint] of wrongSettings)
    issues.add(`${path}.${method}`, `${shownValue(value)} is not an object of settings`, hint)
  const isKeeping = typeof keepKeyTags === 'boolean'
  if (!isKeeping) {
    issues.add(`${path}.keepKeyTags`, `${shownValue(keepKeyTags)} is not true or false`, 'write .keepKeyTags()')
  }
  return isFormat && isKeeping && wrongTexts.length + wrongSettings.length === 0
}

/** Adds an issue if the options of a pipeline are not valid. */
export function checkPipelineOptions(pipeline: DeclaredPipeline, issues: Issues): void {
  const { options } = pipeline.declaration
  const path = pipelinePath(pipeline)
  for (const option of Object.keys(options)) {
    if (OPTION_NAMES.includes(option)) continue
    issues.add(`${path}.${option}`, `option '${option}' does not exist`, suggest(option, OPTION_NAMES))
  }
  if (options.name === undefined || (typeof options.name === 'string' && PIPELINE_NAME.test(options.name))) return
  const hint = "use letters, digits, '.', '_' and '-', and start with a letter or digit"
  issues.add(`${path}.name`, `'${options.name}' is not a valid pipeline name`, hint)
}

/** Adds an issue for each duplicate pipeline name. A generated number would depend on the order. */
export function checkUniqueNames(pipelines: readonly DeclaredPipeline[], issues: Issues): void {
  const owners = new Map<string, DeclaredPipeline>()
  for (const pipeline of pipelines) {
    const name = pipelineName(pipeline)
    const owner = owners.get(name)
    if (owner === undefined) owners.set(name, pipeline)
    else refuseSharedName(name, pipeline, owner, issues)
  }
}

function refuseSharedName(name: string, pipeline: DeclaredPipeline, owner: DeclaredPipeline, issues: Issues): void {
  const { repository } = pipeline.declaration
  const message = `its name '${name}' is also the name of ${pipelinePath(owner)}`
  issues.add(pipelinePath(pipeline), message, `give each a name: pipeline('${repository}', { name: '…' })`)
}

/**
 * Selects pipelines by their names; all of them, if no name is given.
 *
 * @throws DefinitionError USAGE if there is no pipeline of a name.
 */
export function choosePipelines(
  pipelines: readonly DeclaredPipeline[],
  names: readonly string[] = [],
): readonly DeclaredPipeline[] {
  if (names.length === 0) return pipelines
  const known = pipelineNames(pipelines)
  const issues = names
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: 'pipelines',
      message: `pipeline '${name}' is not part of this run`,
      hint: suggest(name, known),
    }))
  if (issues.length > 0) throw new DefinitionError(issues, 'USAGE')
  return pipelines.filter((one) => pipelineNames([one]).some((name) => names.includes(name)))
}
