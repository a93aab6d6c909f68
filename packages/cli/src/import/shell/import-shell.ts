import type { BakeTarget } from '../bake/bake-file.js'
import { textMap, texts } from '../bake/bake-file.js'
import { importOptions } from '../bake/bake-options.js'
import { Code, codeOf, variableName } from '../code.js'
import { type ImportedIndex, type ImportedPipeline, type ImportResult, writeDefinition } from '../definition.js'
import { changeFor, type ImportedBase, importBase } from '../dockerfile.js'
import { publishedNames, readImageName } from '../names.js'
import { platformNamesPattern } from './platform-names.js'
import { type ListedImage, type Recipe, type RecipeBuild, readRecipe } from './recipe.js'
import { readScript } from './script.js'

/** Options of the import of a script. */
export interface ShellImportOptions {
  readonly source: string
  /** The directory of the script. */
  readonly directory: string
  /** Platform of builds that state none. */
  readonly platform: string
  /** Values of variables that the script does not state; `1` is its first argument. */
  readonly set?: ReadonlyMap<string, string>
}

interface PlatformBuild {
  readonly platform: string
  readonly target: BakeTarget
}

interface Surroundings extends ShellImportOptions {
  readonly recipe: Recipe
  readonly taken: Set<string>
  /** Variables of pipelines by the names that they publish. */
  readonly published: Map<string, string>
  readonly notes: string[]
}

/** Commands that install or register emulators, also by an image of them. */
const EMULATOR = /\bqemu-(user|register|\w+-static)\b|\bbinfmt\b/

const EMULATOR_NOTE =
  'build.ts registers no emulators: `npx tsx build.ts doctor` lists the platforms that the builder cannot run, and ' +
  'prints the command that registers their emulators once'

/** Omits builds whose names all become names of later images, as docker moves them. */
function withoutReplaced(builds: readonly RecipeBuild[], notes: string[]): readonly RecipeBuild[] {
  return builds.filter(({ names, target, place: { line, text } }) => {
    if (names.length > 0) return true
    const replaced = texts(target['tags']).join(', ')
    notes.push(`${replaced}: is built again later, and the last build counts; line ${line} was not read: ${text}`)
    return false
  })
}

/** Writes a `build.ts` that publishes what a script of `docker build`, `push` and `manifest` commands publishes. */
export function importShell(text: string, options: ShellImportOptions): ImportResult {
  const recipe = readRecipe(readScript(text, options.set))
  const around: Surroundings = { ...options, recipe, taken: new Set(), published: new Map(), notes: [] }
  const kept = withoutReplaced(recipe.builds, around.notes)
  const buildOf = (image = '') => kept.findLast(({ names }) => names.includes(image))
  const groups = groupLists(recipe, around.notes)
  const retagged = groups.filter(
    ({ images: [first, ...others] }) => others.length === 0 && isIndex(buildOf(first?.image)),
  )
  const ofBuilds = groups.filter(({ images }) =>
    images.every(({ image }) => buildOf(image) !== undefined && !isIndex(buildOf(image))),
  )
  const listed = new Set(ofBuilds.flatMap(({ images }) => images.map(({ image }) => image)))
  const pipelines = [
    ...ofBuilds.map(({ names, images }) => {
      const builds = images.map((one) => platformBuild(one, buildOf(one.image)?.target ?? {}, around))
      return pipelineOf(
        names,
        builds,
        images.map(({ image }) => image),
        around,
      )
    }),
    ...kept
      .filter(({ names }) => names.length > 0 && !names.some((name) => listed.has(name)))
      .map(({ names, published, target }) => {
        const copies = retagged.filter(({ images: [one] }) => names.includes(one?.image ?? ''))
        const all = [...published, ...copies.flatMap((group) => group.names)]
        const pipeline = pipelineOf(all, platformsOf(target, around), [], around)
        for (const name of names) around.published.set(name, pipeline.variable)
        return pipeline
      }),
  ]
  const bases = new Set(pipelines.flatMap(({ sharedBase }) => sharedBase ?? []))
  const indexes = groups
    .filter(
      (group) =>
        !ofBuilds.includes(group) &&
        !retagged.includes(group) &&
        !group.names.some((name) => bases.has(fullName(name))),
    )
    .map(indexOf)
  for (const { notes } of recipe.builds) around.notes.push(...notes)
  around.notes.push(...recipe.notes)
  for (const { line, text: unread } of recipe.unread) around.notes.push(`line ${line} was not read: ${unread}`)
  if (recipe.unread.some(({ text: unread }) => EMULATOR.test(unread))) around.notes.push(EMULATOR_NOTE)
  const run = pipelines.map(({ variable }) => variable)
  return writeDefinition({ source: options.source, pipelines, run, indexes, notes: around.notes })
}

/** Whether a build makes an index itself, which a list of it alone has as another name. */
function isIndex(build: RecipeBuild | undefined): boolean {
  return texts(build?.target['platforms']).length > 1
}

interface ListGroup {
  readonly names: string[]
  readonly images: readonly ListedImage[]
}

/** Lists of the same images are one index with several names. */
function groupLists({ lists }: Recipe, notes: string[]): readonly ListGroup[] {
  const groups = new Map<string, ListGroup>()
  const keys = new Map<readonly ListedImage[], string>()
  for (const [name, images] of lists) {
    const key = keys.get(images) ?? keyOf(images)
    keys.set(images, key)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { names: [name], images })
    else group.names.push(name)
    if (group !== undefined && group.images !== images) noteDifferences(name, images, group, notes)
  }
  return [...groups.values()]
}

function keyOf(images: readonly ListedImage[]): string {
  return images
    .map(({ image }) => image)
    .sort()
    .join(' ')
}

/** Adds a note for each image that has another platform in the first list of its group. */
function noteDifferences(name: string, images: readonly ListedImage[], group: ListGroup, notes: string[]): void {
  const platforms = new Map(group.images.map(({ image, platform }) => [image, platform]))
  for (const { image, platform } of images) {
    const first = platforms.get(image)
    if (platform === first) continue
    const [here = 'not stated', there = 'not stated'] = [platform, first]
    notes.push(
      `${name}: the platform of ${image} is ${here}, but ${there} in ${group.names[0]}, which is used for both`,
    )
  }
}

function indexOf({ names, images }: ListGroup): ImportedIndex {
  return {
    names: [...new Set(names.map(fullName))],
    entries: images.map(({ image, platform }) =>
      platform === undefined ? fullName(image) : { image: fullName(image), platform },
    ),
  }
}

function fullName(name: string): string {
  const read = readImageName(name)
  return read === undefined ? name : `${read.repository}:${read.tag}`
}

function platformBuild({ image, platform }: ListedImage, target: BakeTarget, around: Surroundings): PlatformBuild {
  const [own] = texts(target['platforms'])
  const known = own ?? platform
  if (known === undefined) around.notes.push(`${image}: its platform is not stated, so it is ${around.platform}`)
  return { platform: known ?? around.platform, target }
}

function platformsOf(target: BakeTarget, { platform, notes }: Surroundings): readonly PlatformBuild[] {
  const platforms = texts(target['platforms'])
  if (platforms.length > 0) return platforms.map((one) => ({ platform: one, target }))
  notes.push(`${texts(target['tags'])[0]}: no --platform: docker builds for the engine's own, here ${platform}`)
  return [{ platform, target }]
}

type ShellPipeline = ImportedPipeline & { readonly sharedBase?: string }

function pipelineOf(
  names: readonly string[],
  builds: readonly PlatformBuild[],
  images: readonly string[],
  around: Surroundings,
): ShellPipeline {
  const { notes, taken, published } = around
  for (const one of names)
    if (readImageName(one) === undefined) notes.push(`'${one}' is not an image name, and is omitted`)
  const { repository, tags } = publishedNames(names) ?? { repository: names[0] ?? '', tags: [] }
  const name = repository.slice(repository.lastIndexOf('/') + 1)
  const variable = variableName(name, taken)
  for (const one of names) published.set(one, variable)
  const read = builds.map(({ platform, target }) => {
    const { tags: _tags, platforms: _platforms, ...settings } = target
    const options = importOptions(settings, builds.length > 1, () => undefined)
    const base = baseOf(platform, target, around)
    return { platform, base, build: options.build, optionNotes: options.notes }
  })
  const bases = read.map(({ base }) => base)
  const ownNotes: string[] = []
  for (const { base, optionNotes } of read) {
    const { note } = changeFor(base, bases)
    const own = [...optionNotes, ...base.notes, ...(note === undefined ? [] : [note])]
    ownNotes.push(...own)
  }
  const common = commonOptions(read.map(({ build }) => build))
  const sharedBase = read.find(({ base }) => base.sharedBase !== undefined)?.base.sharedBase
  const platformImages = images.map((image, at) => ({ image, platform: builds[at]?.platform ?? '' }))
  const pattern = platformNamesPattern(platformImages, names)
  if (pattern === undefined && images.length > 0) {
    notes.push(`the names ${images.join(', ')} follow no pattern: set .platformNames(…), or drop them`)
  }
  return {
    variable,
    comments: [],
    repository,
    name,
    ...(sharedBase !== undefined && { sharedBase }),
    platforms: read.map(({ platform, base, build }) => {
      const own = Object.fromEntries(Object.entries(build).filter(([key]) => !(key in common)))
      return { platform, base: base.code, ...(Object.keys(own).length > 0 && { build: own }) }
    }),
    build: common,
    platformNames: pattern === undefined ? [] : [pattern],
    tags,
    notes: ownNotes,
  }
}

/** The options that have one value in all builds. */
function commonOptions(builds: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> {
  const [first = {}, ...others] = builds
  return Object.fromEntries(
    Object.entries(first).filter(([key, value]) => others.every((build) => codeOf(build[key]) === codeOf(value))),
  )
}

interface ShellBase extends ImportedBase {
  /** The list of bases that the Dockerfile names. */
  readonly sharedBase?: string
}

function baseOf(platform: string, target: BakeTarget, around: Surroundings): ShellBase {
  const { recipe, directory, published } = around
  const found = importBase(
    {
      platform,
      context: String(target['context'] ?? '.'),
      dockerfile: String(target['dockerfile'] ?? 'Dockerfile'),
      target: target['target'] as string | undefined,
      args: textMap(target['args']),
      contexts: textMap(target['contexts']),
    },
    directory,
    (image) => published.get(image),
  )
  const [, name = ''] = /^fromImage\('(.*)'\)$/.exec(found.code.text) ?? []
  const list = recipe.lists.get(name)
  if (list === undefined) return found
  const listed = list.find((one) => one.platform === platform) ?? list.find((one) => one.platform === undefined)
  const image = listed === undefined ? name : (recipe.aliases.get(listed.image) ?? listed.image)
  return { code: new Code(`fromImage(${codeOf(image)})`), notes: found.notes, sharedBase: fullName(name) }
}
