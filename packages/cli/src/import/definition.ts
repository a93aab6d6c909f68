import { DefinitionError } from '@polyarch/core'
import { Code, callOf, codeOf, commentText } from './code.js'

/** A pipeline of the file that is written. */
export interface ImportedPipeline {
  readonly variable: string
  /** Lines of the comment above it. */
  readonly comments: readonly string[]
  readonly repository: string
  readonly name: string
  readonly platforms: readonly ImportedPlatform[]
  readonly build: Readonly<Record<string, unknown>>
  readonly sharedBase?: string
  readonly platformNames?: readonly string[]
  readonly annotations?: Readonly<Record<string, unknown>>
  readonly tags: readonly string[]
  /** Parts of its source that have no counterpart, or must be changed by hand. */
  readonly notes: readonly string[]
}

/** A platform with its base: code, such as `fromImage('alpine:3.22')`. */
export interface ImportedPlatform {
  /** `linux/arm/v7`. */
  readonly platform: string
  readonly base: Code
  readonly build?: Readonly<Record<string, unknown>>
}

/** The written file, and notes on parts of the source without a counterpart. */
export interface ImportResult {
  readonly text: string
  /** Sentences for the user; the file has them as comments too. */
  readonly notes: readonly string[]
}

/** An index that is made from existing images. */
export interface ImportedIndex {
  readonly names: readonly string[]
  readonly entries: readonly unknown[]
}

/** The content of one `build.ts`. */
export interface ImportedDefinition {
  /** The name of the source: `docker-bake.json`. */
  readonly source: string
  readonly pipelines: readonly ImportedPipeline[]
  /** Variables of the pipelines that `run` gets. */
  readonly run: readonly string[]
  readonly indexes?: readonly ImportedIndex[]
  readonly notes: readonly string[]
}

/**
 * Writes a `build.ts`. Each note is given once.
 *
 * @throws DefinitionError USAGE if it would publish nothing, with the notes
 */
export function writeDefinition({ notes: allNotes, ...others }: ImportedDefinition): ImportResult {
  const { source, pipelines, indexes = [], run } = others
  const notes = [...new Set([...pipelineNotes(pipelines), ...allNotes])]
  if (pipelines.length === 0 && indexes.length === 0) throw nothingToPublish(source, notes)
  const body = [
    ...pipelines.map(pipelineText),
    ...(indexes.length > 0 ? [indexesText(indexes, run)] : run.length > 0 ? [`${callOfNames('run', run)}\n`] : []),
  ].join('\n')
  return { text: [headText(source, notes), importsText(body), body].join('\n'), notes }
}

/** The notes of all pipelines: `app, tool: in line 1 of …` if two have the same. */
function pipelineNotes(pipelines: readonly ImportedPipeline[]): readonly string[] {
  const names = new Map<string, Set<string>>()
  for (const { name, notes } of pipelines) {
    for (const note of notes) names.set(note, (names.get(note) ?? new Set()).add(name))
  }
  return [...names].map(([note, ofNote]) => `${[...ofNote].join(', ')}: ${note}`)
}

function nothingToPublish(source: string, notes: readonly string[]): DefinitionError {
  const hint =
    'the file must build images or list existing ones; set values that a script does not state: `--set TAG=1.0`'
  const message = 'it cannot be imported: it publishes no image'
  return new DefinitionError(
    [{ path: source, message, hint }, ...notes.map((note) => ({ path: source, message: note }))],
    'USAGE',
  )
}

function headText(source: string, notes: readonly string[]): string {
  const lines =
    notes.length === 0
      ? []
      : ['', 'Without a counterpart, or to be changed by hand:', ...notes.map((note) => `- ${note}`)]
  return comment([`Written by \`polyarch import ${source}\`.`, ...lines])
}

function importsText(body: string): string {
  const used = (names: readonly string[]) => names.filter((name) => new RegExp(`\\b${name}\\(`).test(body))
  const line = (names: readonly string[], from: string) =>
    names.length === 0 ? '' : `import { ${names.join(', ')} } from '${from}'\n`
  return [
    line(used(['execute', 'fromImage', 'pipeline', 'platform', 'run']), '@polyarch/core'),
    line(used(['assemble']), '@polyarch/core/images'),
    line(used(['formatPlatform']), '@polyarch/core/plugin'),
  ].join('')
}

function pipelineText(one: ImportedPipeline): string {
  const {
    variable,
    comments,
    repository,
    name,
    platforms,
    build,
    sharedBase,
    platformNames = [],
    annotations,
    tags,
  } = one
  const isNamed = repository.slice(repository.lastIndexOf('/') + 1) !== name
  const calls = [
    ...(sharedBase === undefined ? [] : [callOf('sharedBase', [sharedBase], '  ')]),
    callOf(
      'platforms',
      platforms.map((platform) => new Code(platformText(platform))),
      '  ',
    ),
    callOf('build', [build], '  '),
    ...(platformNames.length > 0 ? [callOf('platformNames', platformNames, '  ')] : []),
    ...(annotations === undefined ? [] : [callOf('annotations', [annotations], '  ')]),
    ...(tags.length > 0 ? [callOf('tags', tags, '  ')] : []),
  ]
  const start = callOf('pipeline', isNamed ? [repository, { name }] : [repository])
  return `${comment(comments)}const ${variable} = ${start}\n${calls.map((call) => `  .${call}\n`).join('')}`
}

function platformText({ platform, base, build }: ImportedPlatform): string {
  return callOf('platform', [platform, { base, build }], '    ')
}

function callOfNames(name: string, variables: readonly string[]): string {
  return callOf(
    name,
    variables.map((one) => new Code(one)),
  )
}

/** Indexes may list images of the pipelines, which are built first. */
function indexesText(indexes: readonly ImportedIndex[], run: readonly string[]): string {
  const builds = run.length > 0 ? `  await ${callOfNames('execute', run)}\n` : ''
  return `const main = async () => {\n${builds}${indexes.map(indexText).join('')}}\nmain().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})\n`
}

/** The list of images is written once, however many names it has. */
function indexText({ names, entries }: ImportedIndex): string {
  const [name, ...others] = names
  if (others.length === 0) return `  await ${callOf('assemble', [name, entries], '  ')}\n`
  const call = callOf('assemble', [new Code('name'), entries], '    ')
  return `  for (const name of ${codeOf(names, '  ')}) {\n    await ${call}\n  }\n`
}

function comment(lines: readonly string[]): string {
  return lines.map((line) => `//${line === '' ? '' : ` ${commentText(line)}`}\n`).join('')
}
