import type { BakeTarget } from '../bake/bake-file.js'
import { type Annotated, type DockerCommand, readDocker } from './docker-command.js'
import { platformOf } from './image-platform.js'
import type { Script, ScriptCommand } from './script.js'

/** An image in a manifest list. */
export interface ListedImage {
  readonly image: string
  /** Undefined if nothing says it. */
  readonly platform: string | undefined
}

/** What a script does, command by command, put together. */
export interface Recipe {
  /** Builds by the names that they tag. */
  readonly builds: readonly {
    readonly target: BakeTarget
    readonly names: readonly string[]
    readonly notes: readonly string[]
  }[]
  /** Images that were tagged from others, by their new name. */
  readonly aliases: ReadonlyMap<string, string>
  readonly pushed: ReadonlySet<string>
  readonly lists: ReadonlyMap<string, readonly ListedImage[]>
  readonly unread: readonly { readonly line: number; readonly text: string }[]
}

/** Shell commands that change nothing that is imported. */
const QUIET = new Set(['set', 'echo', 'printf', 'true', ':', 'sleep', 'docker-credential-helpers', 'exit'])

/** Puts the docker commands of a script together. */
export function readRecipe({ commands, unread }: Script): Recipe {
  const read = commands.map((command) => ({ command, docker: dockerOf(command) }))
  const known = read.flatMap(({ docker }) => docker ?? [])
  const annotations = new Map<string, Annotated>()
  for (const one of known) {
    if (one.kind !== 'annotate') continue
    const key = `${one.list} ${one.image}`
    annotations.set(key, { ...annotations.get(key), ...one.platform })
  }
  return {
    builds: known.flatMap((one) => (one.kind === 'build' ? [buildOf(one)] : [])),
    aliases: new Map(known.flatMap((one) => (one.kind === 'tag' ? [[one.to, one.from] as const] : []))),
    pushed: new Set(known.flatMap((one) => (one.kind === 'push' ? [one.name] : []))),
    lists: listsOf(known, annotations),
    unread: [...unread, ...read.flatMap(({ command, docker }) => (docker === undefined ? [command] : []))].toSorted(
      (one, other) => one.line - other.line,
    ),
  }
}

function dockerOf({ words: [program = '', ...words] }: ScriptCommand): DockerCommand | undefined {
  if (QUIET.has(program)) return { kind: 'nothing' }
  const isDocker = program === 'docker' || program === 'sudo'
  const own = program === 'sudo' && words[0] === 'docker' ? words.slice(1) : words
  return isDocker ? readDocker(own) : undefined
}

function buildOf({ target, notes }: Extract<DockerCommand, { readonly kind: 'build' }>): Recipe['builds'][number] {
  return { target, names: (target['tags'] as readonly string[] | undefined) ?? [], notes }
}

function listsOf(
  commands: readonly DockerCommand[],
  annotations: ReadonlyMap<string, Annotated>,
): ReadonlyMap<string, readonly ListedImage[]> {
  const lists = new Map<string, readonly ListedImage[]>()
  for (const one of commands) {
    if (one.kind !== 'list') continue
    const images = one.images.map((image) => ({
      image,
      platform: platformOf(image, annotations.get(`${one.name} ${image}`) ?? {}),
    }))
    lists.set(one.name, [...(lists.get(one.name) ?? []), ...images])
  }
  return lists
}
