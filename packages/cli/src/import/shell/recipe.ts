import { type BakeTarget, texts } from '../bake/bake-file.js'
import { type Annotated, type DockerCommand, readDocker } from './docker-command.js'
import { platformOf } from './image-platform.js'
import type { Script, ScriptCommand, ScriptPlace } from './reading.js'
import { QUIET } from './statements.js'

/** An image in a manifest list. */
export interface ListedImage {
  readonly image: string
  /** Undefined if the script does not state it. */
  readonly platform: string | undefined
}

/** A build of an image. */
export interface RecipeBuild {
  readonly target: BakeTarget
  /** The names that the image has at the end of the script; none if later commands give all of them to others. */
  readonly names: readonly string[]
  /** Those that are pushed; all of them if no command pushes one, as with `buildx build --push`. */
  readonly published: readonly string[]
  readonly notes: readonly string[]
  readonly place: ScriptPlace
}

/** The builds, tags and lists of a script. */
export interface Recipe {
  readonly builds: readonly RecipeBuild[]
  /** Images that were tagged from others, by their new name. */
  readonly aliases: ReadonlyMap<string, string>
  readonly lists: ReadonlyMap<string, readonly ListedImage[]>
  /** Notes on further options of commands on lists. */
  readonly notes: readonly string[]
  readonly unread: readonly ScriptPlace[]
}

/** Puts the docker commands of a script together. */
export function readRecipe({ commands, unread }: Script): Recipe {
  const read = commands.map((command) => {
    const docker = dockerOf(command)
    // A build without a name publishes nothing.
    const isNameless = docker?.kind === 'build' && texts(docker.target['tags']).length === 0
    return { command, docker: isNameless ? undefined : docker }
  })
  const known = read.flatMap(({ docker }) => docker ?? [])
  const annotations = new Map<string, Annotated>()
  for (const one of known) {
    if (one.kind !== 'annotate') continue
    const key = `${one.list} ${one.image}`
    annotations.set(key, { ...annotations.get(key), ...one.platform })
  }
  const aliases = new Map(known.flatMap((one) => (one.kind === 'tag' ? [[one.to, one.from] as const] : [])))
  const pushed = new Set(known.flatMap((one) => (one.kind === 'push' ? [one.name] : [])))
  const names = namesOfBuilds(known)
  return {
    builds: read.flatMap(({ command, docker }) =>
      docker?.kind === 'build' ? [{ ...buildOf(docker, names.get(docker) ?? [], pushed), place: command }] : [],
    ),
    aliases,
    lists: listsOf(known, annotations),
    notes: [
      ...known.flatMap((one) => (one.kind === 'list' || one.kind === 'annotate' ? one.notes : [])),
      ...foreignNames(known, aliases, annotations),
    ],
    unread: inOrder([...unread, ...read.flatMap(({ command, docker }) => (docker === undefined ? [command] : []))]),
  }
}

/** Sorts places by line, and lists a command in a loop once. */
function inOrder(places: readonly ScriptPlace[]): readonly ScriptPlace[] {
  const unique = new Map(places.map((place) => [`${place.line} ${place.text}`, place]))
  return [...unique.values()].toSorted((one, other) => one.line - other.line)
}

/** Notes on names that the script changes and does not make. */
function foreignNames(
  known: readonly DockerCommand[],
  aliases: Recipe['aliases'],
  annotations: ReadonlyMap<string, Annotated>,
): readonly string[] {
  const lists = new Set(known.flatMap((one) => (one.kind === 'list' ? one.names : [])))
  const listed = new Set(known.flatMap((one) => (one.kind === 'list' ? one.images : [])))
  const built = new Set(known.flatMap((one) => (one.kind === 'build' ? texts(one.target['tags']) : [])))
  for (const [to, from] of aliases) if (built.has(from)) built.add(to)
  return known.flatMap((one) => {
    if (one.kind === 'push' && !built.has(one.name) && !listed.has(one.name)) {
      const source = aliases.get(one.name) ?? '<image>'
      return [`${one.name} is pushed, but not built here: npx @polyarch/cli copy ${source} ${one.name}`]
    }
    if (one.kind === 'push-list' && !lists.has(one.name)) return [`the list ${one.name} is pushed, but not made here`]
    if (one.kind !== 'annotate') return []
    const platform = Object.values(one.platform).join('/')
    if (lists.has(one.list) && listed.has(one.image)) {
      const isRead = platform === '' || platformOf(one.image, annotations.get(`${one.list} ${one.image}`) ?? {})
      return isRead ? [] : [`${one.image} is annotated as '${platform}' in ${one.list}, without an architecture`]
    }
    return [`${one.image} is annotated as '${platform}' in ${one.list}, which has no such image`]
  })
}

function dockerOf({ words: [program = '', ...words] }: ScriptCommand): DockerCommand | undefined {
  if (QUIET.has(program)) return { kind: 'nothing' }
  const [isDocker, own] = program === 'sudo' ? [words[0] === 'docker', words.slice(1)] : [program === 'docker', words]
  return isDocker ? readDocker(own) : undefined
}

type BuildCommand = Extract<DockerCommand, { readonly kind: 'build' }>

/** The names of each image at the end of the script. `docker tag` names the image that has the other name at that time. */
function namesOfBuilds(known: readonly DockerCommand[]): ReadonlyMap<BuildCommand, readonly string[]> {
  const builds = new Map<string, BuildCommand>()
  const setName = (name: string, build: BuildCommand | undefined) => {
    // A name that moves is the last one of its new image.
    builds.delete(name)
    if (build !== undefined) builds.set(name, build)
  }
  for (const one of known) {
    if (one.kind === 'build') for (const name of texts(one.target['tags'])) setName(name, one)
    if (one.kind === 'tag' && one.from !== one.to) setName(one.to, builds.get(one.from))
  }
  const names = new Map<BuildCommand, string[]>()
  for (const [name, build] of builds) {
    const others = names.get(build)
    if (others === undefined) names.set(build, [name])
    else others.push(name)
  }
  return names
}

function buildOf(
  { target, notes }: BuildCommand,
  names: readonly string[],
  pushed: ReadonlySet<string>,
): Omit<RecipeBuild, 'place'> {
  const published = names.filter((name) => pushed.has(name))
  return { target, names, published: published.length > 0 ? published : names, notes }
}

/** A list has an image once, however often commands add it. */
function withImages(list: readonly ListedImage[], added: readonly ListedImage[]): readonly ListedImage[] {
  const before = new Set(list.map(({ image }) => image))
  return [...list, ...added.filter(({ image }) => !before.has(image))]
}

function listsOf(
  commands: readonly DockerCommand[],
  annotations: ReadonlyMap<string, Annotated>,
): ReadonlyMap<string, readonly ListedImage[]> {
  const lists = new Map<string, readonly ListedImage[]>()
  const annotated = new Set(commands.flatMap((one) => (one.kind === 'annotate' ? [one.list] : [])))
  for (const one of commands) {
    if (one.kind !== 'list') continue
    const listed = [...new Set(one.images)]
    const common = listed.map((image) => ({ image, platform: platformOf(image, {}) }))
    for (const name of new Set(one.names)) {
      const images = annotated.has(name)
        ? listed.map((image) => ({ image, platform: platformOf(image, annotations.get(`${name} ${image}`) ?? {}) }))
        : common
      const before = lists.get(name)
      lists.set(name, before === undefined ? images : withImages(before, images))
    }
  }
  return lists
}
