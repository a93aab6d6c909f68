import { posix } from 'node:path'
import type { BakeTarget } from '../bake/bake-file.js'

/** The parts of a docker command that can be imported. */
export type DockerCommand =
  | { readonly kind: 'build'; readonly target: BakeTarget; readonly notes: readonly string[] }
  | { readonly kind: 'pull' | 'push' | 'push-list'; readonly name: string }
  | { readonly kind: 'tag'; readonly from: string; readonly to: string }
  | {
      readonly kind: 'list'
      readonly names: readonly string[]
      readonly images: readonly string[]
      readonly notes: readonly string[]
    }
  | {
      readonly kind: 'annotate'
      readonly list: string
      readonly image: string
      readonly platform: Annotated
      readonly notes: readonly string[]
    }
  | { readonly kind: 'nothing' }

/** The platform that `docker manifest annotate` sets. */
export interface Annotated {
  readonly os?: string
  readonly architecture?: string
  readonly variant?: string
}

interface Parsed {
  readonly operands: readonly string[]
  /** Values of every flag, in order; an empty text for flags without one. */
  readonly flags: ReadonlyMap<string, readonly string[]>
}

/** Reads the words after `docker`; undefined for a command that is not known. */
export function readDocker(words: readonly string[]): DockerCommand | undefined {
  const [first = '', second = '', ...rest] = words
  const group = `${first} ${second}`
  if (first === 'build') return build([second, ...rest], words.length > 1)
  if (group === 'buildx build' || group === 'image build' || group === 'builder build') return build(rest, true)
  if (first === 'push' || first === 'pull') return named(first, [second, ...rest])
  if (group === 'image push' || group === 'image pull') return named(second as 'push' | 'pull', rest)
  if (first === 'tag' || group === 'image tag') return tag(first === 'tag' ? [second, ...rest] : rest)
  if (first === 'manifest') return manifest(second, rest)
  if (group === 'buildx imagetools') return imagetools(rest)
  return first === 'login' || first === 'logout' || group === 'buildx create' || group === 'buildx use'
    ? { kind: 'nothing' }
    : undefined
}

/** Flags without a value. */
const SWITCHES = new Set(
  (
    '--push --load --no-cache --pull --quiet -q --rm --force-rm --squash --compress --amend -a --insecure --purge -p ' +
    '--all-tags --disable-content-trust --debug -D --append --dry-run'
  ).split(' '),
)

function parse(words: readonly string[]): Parsed {
  const operands: string[] = []
  const flags = new Map<string, string[]>()
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (!word.startsWith('-') || word === '-') {
      operands.push(word)
      continue
    }
    for (const [name, value] of splitFlags(word)) {
      const next = value ?? (SWITCHES.has(name) ? '' : (words[++at] ?? ''))
      const values = flags.get(name)
      if (values === undefined) flags.set(name, [next])
      else values.push(next)
    }
  }
  return { operands, flags }
}

/** The flags of a word: `--name=value`, `-t` and its value, or short flags in one: `-qt`. */
function splitFlags(word: string): readonly (readonly [name: string, value: string | undefined])[] {
  const [, long, ofLong] = /^(--[\w-]+)(?:=(.*))?$/s.exec(word) ?? []
  if (long !== undefined) return [[long, ofLong]]
  const [first = '', ...others] = word.slice(1)
  const [name, rest] = [`-${first}`, others.join('')]
  if (rest === '') return [[name, undefined]]
  if (!SWITCHES.has(name) || rest.startsWith('=')) return [[name, rest.replace(/^=/, '')]]
  return [[name, ''], ...splitFlags(`-${rest}`)]
}

function named(kind: 'push' | 'pull', words: readonly string[]): DockerCommand | undefined {
  const { operands, flags } = parse(words)
  const [name, ...others] = operands
  return name === undefined || others.length > 0 || unreadFlags(flags, QUIET_FLAGS).length > 0
    ? undefined
    : { kind, name }
}

function tag(words: readonly string[]): DockerCommand | undefined {
  const { operands, flags } = parse(words)
  const [from, to, ...others] = operands
  return from === undefined || to === undefined || others.length > 0 || flags.size > 0
    ? undefined
    : { kind: 'tag', from, to }
}

function manifest(command: string, words: readonly string[]): DockerCommand | undefined {
  const { operands, flags } = parse(words)
  const [name, ...images] = operands
  if (command === 'inspect' || command === 'rm') return { kind: 'nothing' }
  if (name === undefined) return undefined
  if (command === 'create') return { kind: 'list', names: [name], images, notes: unreadFlags(flags, CREATE_FLAGS) }
  const [image, ...others] = images
  if (command === 'push') {
    return image === undefined && unreadFlags(flags, PUSH_FLAGS).length === 0 ? { kind: 'push-list', name } : undefined
  }
  if (command !== 'annotate' || image === undefined || others.length > 0) return undefined
  const [os, architecture, variant] = ['--os', '--arch', '--variant'].map((flag) => flags.get(flag)?.at(-1))
  return {
    kind: 'annotate',
    list: name,
    image,
    notes: unreadFlags(flags, ANNOTATE_FLAGS),
    platform: { ...(os && { os }), ...(architecture && { architecture }), ...(variant && { variant }) },
  }
}

function imagetools([command, ...words]: readonly string[]): DockerCommand | undefined {
  if (command === 'inspect') return { kind: 'nothing' }
  const { operands, flags } = parse(words)
  if (flags.has('--dry-run')) return { kind: 'nothing' }
  const names = [...(flags.get('--tag') ?? []), ...(flags.get('-t') ?? [])]
  if (command !== 'create' || names.length === 0) return undefined
  return { kind: 'list', names, images: operands, notes: unreadFlags(flags, LIST_FLAGS) }
}

/** Flags of commands on lists that are read, or change nothing. */
const LIST_FLAGS: ReadonlySet<string> = new Set([
  ...['--amend', '-a', '--insecure', '--tag', '-t', '--builder', '--progress', '-D', '--debug'],
])
const CREATE_FLAGS: ReadonlySet<string> = new Set(['--amend', '-a', '--insecure'])
const PUSH_FLAGS: ReadonlySet<string> = new Set(['--purge', '-p', '--insecure'])
const QUIET_FLAGS: ReadonlySet<string> = new Set(['--quiet', '-q', '--disable-content-trust'])
const ANNOTATE_FLAGS: ReadonlySet<string> = new Set(['--os', '--arch', '--variant'])

function unreadFlags(flags: Parsed['flags'], read: ReadonlySet<string>): readonly string[] {
  return [...flags].flatMap(([flag, values]) =>
    read.has(flag) ? [] : [`${[flag, ...values].join(' ').trim()} has no counterpart`],
  )
}

/** Flags of a build by the name of their option in bake. */
const LISTS: Readonly<Record<string, string>> = {
  ...{ '--tag': 'tags', '-t': 'tags', '--cache-from': 'cache-from', '--cache-to': 'cache-to', '--secret': 'secret' },
  ...{ '--ssh': 'ssh', '--add-host': 'extra-hosts', '--ulimit': 'ulimits', '--attest': 'attest', '--output': 'output' },
  ...{
    '-o': 'output',
    '--allow': 'entitlements',
    '--annotation': 'annotations',
    '--no-cache-filter': 'no-cache-filter',
  },
}
const MAPS: Readonly<Record<string, string>> = {
  ...{ '--build-arg': 'args', '--label': 'labels', '--build-context': 'contexts' },
}
const TEXTS: Readonly<Record<string, string>> = {
  ...{
    '--file': 'dockerfile',
    '-f': 'dockerfile',
    '--target': 'target',
    '--network': 'network',
    '--shm-size': 'shm-size',
  },
}
const TRUE: Readonly<Record<string, string>> = { '--no-cache': 'no-cache', '--pull': 'pull' }
/** Flags without an effect on the image. */
const SHOWN: ReadonlySet<string> = new Set([
  '--push',
  '--load',
  '--quiet',
  '-q',
  '--rm',
  '--force-rm',
  '--progress',
  '--platform',
])

function build(words: readonly string[], hasContext: boolean): DockerCommand | undefined {
  const { operands, flags } = parse(words)
  const [context, ...others] = operands
  if (!hasContext || context === undefined || context === '-' || others.length > 0) return undefined
  const target: Record<string, unknown> = { context }
  const notes: string[] = []
  for (const [flag, values] of flags) {
    if (!setOption(target, flag, values) && !SHOWN.has(flag)) {
      const line = [flag, ...values].join(' ').trim()
      notes.push(flag === '--builder' ? `run with ${line}` : `${line} has no counterpart`)
    }
  }
  if (typeof target['dockerfile'] === 'string') target['dockerfile'] = inContext(target['dockerfile'], context)
  const platforms = flags.get('--platform')?.flatMap((value) => value.split(',')) ?? []
  return { kind: 'build', target: { ...target, ...(platforms.length > 0 && { platforms }) }, notes }
}

/** `docker build --file` starts at the working directory, the option of bake and polyarch at the context. */
function inContext(dockerfile: string, context: string): string {
  const isRemote = /^(https?:\/\/|git@|git:\/\/|ssh:\/\/|github\.com\/)/.test(context)
  return isRemote || posix.isAbsolute(dockerfile) || posix.isAbsolute(context)
    ? dockerfile
    : posix.relative(context, dockerfile)
}

/** Whether the flag is an option of bake. */
function setOption(target: Record<string, unknown>, flag: string, values: readonly string[]): boolean {
  const [list, map, text, isTrue] = [LISTS[flag], MAPS[flag], TEXTS[flag], TRUE[flag]]
  if (flag === '--provenance' || flag === '--sbom') addAttestation(target, flag.slice(2), values.at(-1) ?? '')
  else if (list !== undefined) target[list] = [...((target[list] as string[] | undefined) ?? []), ...values]
  else if (map !== undefined)
    target[map] = Object.fromEntries(values.map((one) => pair(one, map === 'labels' ? '' : null)))
  else if (text !== undefined) target[text] = values.at(-1)
  else if (isTrue !== undefined) target[isTrue] = values.at(-1) !== 'false'
  else return false
  return true
}

/** @param missing - the value without `=`: a label is empty then, and a build arg is that of the environment */
function pair(text: string, missing: '' | null): readonly [string, string | null] {
  const at = text.indexOf('=')
  return at < 0 ? [text, missing] : [text.slice(0, at), text.slice(at + 1)]
}

function addAttestation(target: Record<string, unknown>, type: string, value: string): void {
  if (value === 'false') return
  const fields = value === 'true' || value === '' ? `type=${type}` : `type=${type},${value}`
  target['attest'] = [...((target['attest'] as string[] | undefined) ?? []), fields]
}
