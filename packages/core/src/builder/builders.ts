import { DefinitionError, EngineError } from '../model/errors.js'
import { parsePlatform, unreadablePlatform } from '../model/platform.js'
import { builderName, connectBuilder, preload, unusableBuilder } from './connect.js'
import { isWorkloadAddress } from './kubernetes/pod-address.js'
import { checkAddress, expandBuilder } from './nodes.js'
import type { BuilderOptions, ResolvedBuilder } from './options.js'
import type { Builder, RegistryAlias } from './port.js'
import { withAliasLogin, withRegistryAlias } from './registry-alias.js'
import { type BuilderChange, WorkloadBuilders } from './workload-builders.js'

/** The builders of a run. */
export interface Builders extends AsyncDisposable {
  /**
   * All builders, in the given order; at least one. The first call expands builders with several nodes, and contacts no
   * builder.
   */
  all(signal?: AbortSignal): Promise<readonly Builder[]>
  /**
   * Reports builders that join or leave, until the signal fires. To be called after {@link Builders.all}.
   *
   * @returns false if none can.
   */
  watch(listener: (change: BuilderChange) => void, signal: AbortSignal): boolean
  /** Loads the modules of the builders, which takes a while, without connecting. */
  prepare(): void
  /**
   * Validates the given addresses without contacting them, also if nothing is built.
   *
   * @throws EngineError ENGINE_UNREACHABLE
   */
  checkAddresses(): Promise<void>
}

/** Which builders to use: one or several; by default that of the environment. */
export interface BuilderChoice {
  /** Addresses, names of docker contexts, or options. */
  readonly builders?: readonly (string | BuilderOptions)[]
  /** @deprecated the previous name of `builders`, until 1.0 */
  readonly engines?: readonly (string | BuilderOptions)[]
  /** One builder. */
  readonly engine?: BuilderOptions
  /**
   * The name of the registry for builders, `host[:port]`, if it differs from that in `registry`: a service inside a
   * cluster. Requires `registry`, and BuildKit 0.11 or newer.
   */
  readonly builderRegistry?: string
}

/** Shared by all builders of a run: options of builders that set none of their own, and the registry. */
export interface BuilderDefaults extends Pick<ResolvedBuilder, 'credentials' | 'env'> {
  /** The registry that is pushed to, as `host[:port][/prefix]`, if one is chosen for all names. */
  readonly registry?: string | undefined
}

/** @throws DefinitionError USAGE if the choice is not valid, or names a builder twice. */
export function openBuilders(
  { engine, engines, builders, builderRegistry }: BuilderChoice,
  { registry, ...defaults }: BuilderDefaults,
): Builders {
  if ([engine, engines, builders].filter((one) => one !== undefined).length > 1) {
    throw usage('builders, engines and engine exclude each other', 'use builders')
  }
  const listed = builders ?? engines
  const given = listed?.map((one) => (typeof one === 'string' ? { host: one } : one)) ?? [engine ?? {}]
  const chosen = given.map((options) => ({ ...defaults, ...options, env: options.env ?? defaults.env }))
  for (const { platforms = [] } of chosen) platforms.forEach(checkDeclared)
  if (chosen.length === 0) throw usage('it is empty', 'omit it to use the builder of the environment')
  const names = chosen.map(builderName)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) throw usage(`'${twice}' is listed twice`)
  const alias = readAlias(builderRegistry, registry)
  const fleet = new Fleet(chosen, alias)
  return {
    all: (signal) => fleet.all(signal),
    watch: (listener, signal) => fleet.watch(listener, signal),
    // If loading fails, the first call fails in the same way and reports it.
    prepare: () => void Promise.all(chosen.map(preload)).catch(() => {}),
    async checkAddresses() {
      await Promise.all(chosen.map(checkAddress))
    },
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  }
}

/** The nodes of the selected builders. A node that is named twice counts once. */
class Fleet implements AsyncDisposable {
  readonly #chosen: readonly ResolvedBuilder[]
  readonly #builders = new Map<string, Builder>()
  readonly #workloads: WorkloadBuilders[] = []
  readonly #alias: RegistryAlias | undefined
  #opening: Promise<readonly Builder[]> | undefined

  constructor(chosen: readonly ResolvedBuilder[], alias: RegistryAlias | undefined) {
    this.#chosen = chosen
    this.#alias = alias
  }

  all(signal: AbortSignal | undefined): Promise<readonly Builder[]> {
    this.#opening ??= this.#connectAll(signal)
    return this.#opening
  }

  watch(listener: (change: BuilderChange) => void, signal: AbortSignal): boolean {
    for (const workload of this.#workloads) void workload.watch(listener, signal)
    return this.#workloads.length > 0
  }

  async #connectAll(signal: AbortSignal | undefined): Promise<readonly Builder[]> {
    const groups = await Promise.all(this.#chosen.map((options) => this.#connectNodes(options, signal)))
    return [...new Set(groups.flat())]
  }

  async #connectNodes(options: ResolvedBuilder, signal: AbortSignal | undefined): Promise<readonly Builder[]> {
    try {
      const nodes = await expandBuilder(options)
      return (await Promise.all(nodes.map((node) => this.#connectNode(node, signal)))).flat()
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      return [unusableBuilder(options, error)]
    }
  }

  async #connectNode(options: ResolvedBuilder, signal: AbortSignal | undefined): Promise<readonly Builder[]> {
    const { host, command } = options
    if (command !== undefined || !host || !isWorkloadAddress(host)) return [this.#connect(options)]
    const workload = new WorkloadBuilders({ ...options, host }, (one) => this.#connect(one))
    this.#workloads.push(workload)
    return workload.connect(signal)
  }

  #connect(options: ResolvedBuilder): Builder {
    const name = builderName(options)
    const builder = this.#builders.get(name) ?? this.#open(options)
    this.#builders.set(name, builder)
    return builder
  }

  #open(options: ResolvedBuilder): Builder {
    const alias = this.#alias
    if (alias === undefined) return connectBuilder(options)
    const { credentials } = options
    const own = { ...options, ...(credentials && { credentials: withAliasLogin(credentials, alias) }) }
    return withRegistryAlias(connectBuilder(own), alias)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opening?.catch(() => [])
    await Promise.all([...this.#builders.values()].map((one) => one[Symbol.asyncDispose]()))
  }
}

const HOST_NAME = /^(?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?$/i

/** @throws DefinitionError USAGE */
function readAlias(builderHost: string | undefined, registry: string | undefined): RegistryAlias | undefined {
  if (builderHost === undefined) return undefined
  const path = 'builderRegistry'
  if (!HOST_NAME.test(builderHost)) {
    const issue = { path, message: `'${builderHost}' is not a host`, hint: 'write host or host:port' }
    throw new DefinitionError([issue], 'USAGE')
  }
  const [host] = registry?.split('/') ?? []
  if (host) return { host, builderHost }
  const issue = {
    path,
    message: 'the target registry is not set',
    hint: 'add --registry with the name of the registry on this machine',
  }
  throw new DefinitionError([issue], 'USAGE')
}

/** @throws DefinitionError USAGE */
function checkDeclared(text: string): void {
  if (parsePlatform(text) !== undefined) return
  const { message, hint } = unreadablePlatform(text)
  throw usage(message, hint)
}

function usage(message: string, hint?: string): DefinitionError {
  return new DefinitionError([{ path: 'builders', message, ...(hint !== undefined && { hint }) }], 'USAGE')
}
