import type { RegistryOptions } from '../../packages/core/src/registry/index.js'
import type { Login } from '../support/debian-registry.js'
import type { RegistryState } from './checker.js'

/** Where an operation is seeded: past the proxy, by plain HTTP. */
export interface Seeding {
  /** `http://127.0.0.1:40123`. */
  readonly url: string
  readonly login: Login | undefined
  /** Host of the proxy: the one in all names. */
  readonly host: string
  readonly client: RegistryOptions
  /** An empty folder that stays. */
  readonly folder: string
}

/** What an operation is run with. */
export type Acting = Pick<Seeding, 'host' | 'client' | 'folder'>

/** What polyarch states about names, by `repository:tag`. */
export interface Statements {
  /** The digest that a name holds; undefined where it holds none. */
  readonly holds: ReadonlyMap<string, string | undefined>
  /** Names that are said to have moved to what the operation publishes. */
  readonly moved: readonly string[]
  readonly notMoved: readonly string[]
}

/** An operation on images, from a state that it starts from. */
export interface Operation {
  readonly name: string
  /** All repositories that it writes to. */
  readonly repositories: readonly string[]
  /** How many requests it makes without faults, at most; a lane with more fails. */
  readonly requests: number
  /** Pushes what it starts from. */
  seed(at: Seeding): Promise<void>
  /** Runs it once. Statements that are made before a failure are added to `said`. */
  act(at: Acting, said: SaidHolds): Promise<void>
  /** What is wrong with the state after a run without faults, compared with the one before it. */
  check(before: RegistryState, after: RegistryState): Promise<readonly string[]>
  /** Whether a tag may be gone afterwards. */
  mayDelete?(tag: string): boolean
}

/** Collects what names are said to hold. */
export class SaidHolds {
  readonly holds = new Map<string, string | undefined>()

  constructor(readonly host: string) {}

  add(reference: string, digest: string | undefined): void {
    this.holds.set(this.nameOf(reference), digest)
  }

  /** `repository:tag` of a whole reference. */
  nameOf(reference: string): string {
    return reference.startsWith(`${this.host}/`) ? reference.slice(this.host.length + 1) : reference
  }
}

/** What the message of an error states about names. */
export function statementsIn(message: string, said: SaidHolds): Pick<Statements, 'moved' | 'notMoved'> {
  const list = (title: string) =>
    [...message.matchAll(new RegExp(`[(;] ?${title}: ([^;)]+)`, 'g'))]
      .flatMap(([, names = '']) => names.split(', '))
      .map((name) => said.nameOf(name.trim()))
  return { moved: list('moved'), notMoved: list('not moved') }
}
