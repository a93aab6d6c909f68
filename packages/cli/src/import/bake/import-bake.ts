import { variableName } from '../code.js'
import { type ImportedPipeline, type ImportResult, writeDefinition } from '../definition.js'
import { changeFor, type ImportedBase, importBase } from '../dockerfile.js'
import { type PublishedNames, publishedNames, readImageName } from '../names.js'
import { importAnnotations } from './bake-annotations.js'
import { type BakeFile, type BakeTarget, readBakeFile, targetsOf, textMap, texts } from './bake-file.js'
import { importOptions } from './bake-options.js'

/** Placeholder repository of a target without tags. */
const OPEN_REPOSITORY = 'registry.example.com/team'

interface Surroundings {
  readonly file: BakeFile
  readonly directory: string
  readonly platform: string
  readonly variables: ReadonlyMap<string, string>
}

/**
 * Writes a `build.ts` with a pipeline for each target.
 *
 * @param value - parsed output of `docker buildx bake --print`
 * @param options - `platform`: the platform of targets without one, which bake builds for the builder's platform.
 */
export function importBake(
  value: unknown,
  { source, directory, platform }: { readonly source: string; readonly directory: string; readonly platform: string },
): ImportResult {
  const file = readBakeFile(value, source)
  const taken = new Set<string>()
  const variables = new Map(Object.keys(file.target).map((name) => [name, variableName(name, taken)]))
  const surroundings = { file, directory, platform, variables }
  const notes = [...file.notes]
  const pipelines = inOrder(file).map((name) => pipelineOf(name, file.target[name] ?? {}, surroundings))
  const chosen = 'default' in file.group ? targetsOf(file, 'default') : Object.keys(file.target)
  for (const [name, { targets }] of Object.entries(file.group)) {
    if (name === 'default') continue
    notes.push(`group '${name}': \`npx tsx build.ts ${targets.flatMap((one) => targetsOf(file, one)).join(' ')}\``)
  }
  const run = chosen.flatMap((name) => variables.get(name) ?? [])
  return writeDefinition({ source, pipelines, run, notes })
}

/** Targets after those that their contexts name. */
function inOrder({ target }: BakeFile): readonly string[] {
  const done = new Set<string>()
  const visit = (name: string, trail: readonly string[]) => {
    if (done.has(name) || trail.includes(name) || target[name] === undefined) return
    for (const source of Object.values(textMap(target[name]['contexts']))) {
      if (source.startsWith('target:')) visit(source.slice('target:'.length), [...trail, name])
    }
    done.add(name)
  }
  for (const name of Object.keys(target)) visit(name, [])
  return [...done]
}

function pipelineOf(name: string, target: BakeTarget, around: Surroundings): ImportedPipeline {
  const notes: string[] = []
  const note = (text: string) => void notes.push(text)
  const platforms = texts(target['platforms'])
  const variableOf = (one: string) => around.variables.get(one)
  // bake prints the default name of the file beside an inline one.
  const { dockerfile: _dockerfile, ...inline } = target
  const isInline = inline['dockerfile-inline'] !== undefined
  const options = importOptions(isInline ? inline : target, platforms.length > 1, variableOf)
  const built = platforms.length === 0 ? [around.platform] : platforms
  const bases = built.map((platform) => baseOf(target, platform, around))
  // The line to change and an inline Dockerfile are the same for each platform.
  const [base = baseOf(target, around.platform, around)] = bases
  const change = changeFor(base, bases)
  for (const text of [...base.notes, ...(change.note === undefined ? [] : [change.note]), ...options.notes]) note(text)
  const published = namesOf(name, target, note)
  if (platforms.length === 0) note(`no platforms: bake builds for the builder's own, here ${around.platform}`)
  const annotations = importAnnotations(target['annotations'], note)
  return {
    variable: variableOf(name) ?? name,
    comments: [String(target['description'] ?? `target '${name}'`), ...notes],
    notes,
    ...published,
    name,
    platforms: built.map((platform, at) => ({ platform, base: (bases[at] ?? base).code })),
    build: { context: '.', ...options.build, ...(change.inline !== undefined && { dockerfileInline: change.inline }) },
    ...(annotations !== undefined && { annotations }),
  }
}

/** Finds the base for one platform: its name may have the platform's args, `FROM base-${TARGETARCH}`. */
function baseOf(target: BakeTarget, platform: string, around: Surroundings): ImportedBase {
  const variableOf = (one: string) => around.variables.get(one)
  return importBase(
    {
      platform,
      context: String(target['context'] ?? '.'),
      dockerfile: String(target['dockerfile'] ?? 'Dockerfile'),
      inline: target['dockerfile-inline'] as string | undefined,
      target: target['target'] as string | undefined,
      args: textMap(target['args']),
      contexts: textMap(target['contexts']),
    },
    around.directory,
    (image) => variableOf(image.replace(/^target:/, '')) ?? publisherOf(image, around),
  )
}

function namesOf(name: string, target: BakeTarget, note: (text: string) => void): PublishedNames {
  const written = texts(target['tags'])
  const published = publishedNames(written)
  for (const tag of written) if (readImageName(tag) === undefined) note(`'${tag}' is not an image name, and is omitted`)
  if (published === undefined) {
    note('no tags: every pipeline is published, so set its repository')
    return { repository: `${OPEN_REPOSITORY}/${name}`, tags: [] }
  }
  if (published.repository.startsWith('docker.io/') && !written.some((tag) => tag.startsWith('docker.io/'))) {
    note(`'${written[0]}' is a name on Docker Hub`)
  }
  return published
}

/** The variable of the target that publishes a name. */
function publisherOf(image: string, { file, variables }: Surroundings): string | undefined {
  const found = Object.entries(file.target).find(([, target]) => texts(target['tags']).includes(image))
  return found && variables.get(found[0])
}
