import type { ArgDeclaration, ImageUse, MountedSecret, StageStep, StepMount } from './dockerfile.js'
import { BASE_ARG, BASE_MARK, isGivenElsewhere, type LinkedStage, type VariableSource } from './stage-links.js'
import { expandOrUnknown } from './syntax/expand.js'
import { UNKNOWN, type Variables } from './syntax/lexer.js'

/** Inputs of a stage other than images. */
export interface StageReads {
  /** Paths of the main context; `undefined` for one that cannot be expanded here. */
  readonly paths: readonly (string | undefined)[]
  /** Downloaded sources of ADD that may change. */
  readonly unpinned: readonly ImageUse[]
  /** Downloaded sources of ADD that cannot change. */
  readonly pinnedRemotes: readonly string[]
  readonly secrets: readonly MountedSecret[]
  /** Whether the base's name is the value of one of its variables. */
  readonly seesBase: boolean
}

interface Surroundings {
  readonly source: VariableSource
  readonly globals: ReadonlyMap<string, string>
  readonly escapeCharacter: string
}

/** Returns a function that finds what a stage reads; each stage is read once. */
export function stageReader(surroundings: Surroundings): (stage: LinkedStage) => StageReads {
  const known = new Map<LinkedStage, Scope>()
  // A loop, because chains of stages may be thousands long.
  return (stage) => {
    const open = [stage]
    for (let one = open.at(-1); one !== undefined; one = open.at(-1)) {
      const parent = one.from.stage
      if (known.has(one)) open.pop()
      else if (parent !== undefined && !known.has(parent)) open.push(parent)
      else {
        known.set(one, new Scope(surroundings, one, parent && known.get(parent)))
        open.pop()
      }
    }
    return known.get(stage) ?? new Scope(surroundings, stage, undefined)
  }
}

/** The variables of a stage while its steps are read in order. */
class Scope implements StageReads {
  readonly paths: (string | undefined)[] = []
  readonly unpinned: ImageUse[] = []
  readonly pinnedRemotes: string[] = []
  readonly secrets: MountedSecret[] = []
  readonly #own = new Map<string, string>()
  readonly #parent: Scope | undefined
  readonly #isFromScratch: boolean
  readonly #surroundings: Surroundings

  constructor(surroundings: Surroundings, one: LinkedStage, parent: Scope | undefined) {
    this.#surroundings = surroundings
    this.#parent = parent
    this.#isFromScratch = parent === undefined ? one.from.name === 'scratch' : parent.#isFromScratch
    for (const step of one.steps()) this.#read(step)
  }

  get seesBase(): boolean {
    return [...this.#own.values()].some((value) => value.includes(BASE_MARK))
  }

  #read(step: StageStep): void {
    if (step.kind === 'arg') for (const arg of step.args) this.#declare(arg)
    if (step.kind === 'env') this.#setEnv(step)
    if (step.kind === 'run') for (const mount of step.mounts) this.#readMount(mount, step.line)
    if (step.kind === 'copy' && step.from === undefined) this.#readSources(step)
  }

  #declare({ name, default: preset }: ArgDeclaration): void {
    const { source, globals } = this.#surroundings
    const given = Object.hasOwn(source.args, name) ? source.args[name] : undefined
    const value = name === BASE_ARG ? BASE_MARK : (given ?? this.#presetOf(name, preset) ?? globals.get(name))
    if (value === undefined) return
    // Versions of BuildKit use different values here.
    const previous = this.#find(name)
    this.#own.set(name, previous === undefined || previous === value ? value : UNKNOWN)
  }

  #presetOf(name: string, preset: string | undefined): string | undefined {
    if (isGivenElsewhere(name)) return UNKNOWN
    return preset === undefined ? undefined : this.#expand(preset)
  }

  /** Variables of one ENV cannot use each other. */
  #setEnv({ env }: Extract<StageStep, { kind: 'env' }>): void {
    const values = env.map(({ name, value }) => [this.#expand(name), this.#expand(value)] as const)
    for (const [name, value] of values) this.#own.set(name, value)
  }

  #find(name: string): string | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.#parent) {
      const value = scope.#own.get(name)
      if (value !== undefined) return value
    }
    return undefined
  }

  /** With {@link UNKNOWN} for variables that an image may set. */
  #expand(text: string): string {
    const certain: Variables = { get: (name) => this.#find(name) ?? (this.#isFromScratch ? undefined : UNKNOWN) }
    return expandOrUnknown(text, certain, this.#surroundings.escapeCharacter)
  }

  /** As if images set no variables; used for messages only. */
  #guess(text: string): string {
    const known = (name: string) => {
      const value = this.#find(name)
      return value?.includes(UNKNOWN) ? undefined : value
    }
    return expandOrUnknown(text, { get: known }, this.#surroundings.escapeCharacter)
  }

  #readSources({ isAdd, sources, checksum }: Extract<StageStep, { kind: 'copy' }>): void {
    const isChecked = checksum !== undefined && this.#expand(checksum) !== ''
    for (const use of sources) {
      const text = this.#expand(use.text)
      const isKnown = !text.includes(UNKNOWN)
      if (isAdd) this.#readRemote(use, isKnown ? text : this.#guess(use.text), isChecked)
      // A known URL scheme shows that it is not a path.
      if (!(isAdd && isRemoteSource(text))) this.paths.push(isKnown ? text : undefined)
    }
  }

  #readRemote(use: ImageUse, address: string, isChecked: boolean): void {
    if (!isRemoteSource(address)) return
    if (isChecked || isPinnedSource(address)) this.pinnedRemotes.push(address)
    else this.unpinned.push({ ...use, text: this.#expand(use.text).includes(UNKNOWN) ? use.text : address })
  }

  #readMount({ options, from }: StepMount, line: number): void {
    const value = (...names: readonly string[]) => {
      const last = [...options].findLast(([name, text]) => names.includes(name) && text !== undefined)
      return last?.[1] === undefined ? undefined : this.#expand(last[1])
    }
    const type = value('type')?.toLowerCase() ?? 'bind'
    const source = value('source', 'src')
    if (from === undefined && (type === 'bind' || type.includes(UNKNOWN))) {
      this.paths.push(source?.includes(UNKNOWN) ? undefined : (source ?? '/'))
    }
    if (type !== 'secret' && type !== 'ssh') return
    const id =
      type === 'ssh'
        ? value('id') || 'default'
        : source || value('id') || baseName(value('target', 'dst', 'destination'))
    if (!id || id.includes(UNKNOWN)) return
    // Without a value, the option alone requires it.
    const isRequired = options.has('required') && !/^(?:false|f|0)$/i.test(value('required') ?? '')
    this.secrets.push({ kind: type, id, isRequired, line })
  }
}

/** The last component of a path, ignoring trailing slashes. */
function baseName(path: string | undefined): string | undefined {
  return path
    ?.replace(/(?<!\/)\/+$/, '')
    .split('/')
    .at(-1)
}

/** Sources that BuildKit's ADD downloads; all others are paths in the context. */
const REMOTE = /^(?:(?:https?|git|ssh):\/\/|[\w-]+@[\w.-]+:)/

/** Addresses of this kind are files, unless their path ends in `.git`. */
const HTTP = /^https?:\/\/[^#?]*/

const COMMIT = /^[0-9a-f]{40}$/

/** Whether ADD fetches the source. */
function isRemoteSource(text: string): boolean {
  return REMOTE.test(text)
}

/** Whether the source is a commit of a Git repository, which cannot change. */
function isPinnedSource(text: string): boolean {
  const http = HTTP.exec(text)?.[0]
  if (http !== undefined && !http.endsWith('.git')) return false
  const [address = '', fragment = ''] = text.split('#')
  const [ref = ''] = fragment.split(':')
  const query = new URLSearchParams(address.split('?')[1] ?? '')
  return [ref, ...['ref', 'commit', 'checksum'].map((name) => query.get(name) ?? '')].some((one) => COMMIT.test(one))
}
