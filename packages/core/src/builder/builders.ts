import { DefinitionError } from '../model/errors.js'
import { builderName, preload } from './connect.js'
import { checkAddress, connectNodes } from './nodes.js'
import type { BuilderOptions } from './options.js'
import type { Builder } from './port.js'

/** The builders of a run. */
export interface Engines extends AsyncDisposable {
  /**
   * All of them, in the order in which they were named; at least one. The first call finds the nodes of those that have
   * several, and contacts no builder.
   */
  all(signal?: AbortSignal): Promise<readonly Builder[]>
  /** Loads the modules of the builders, which takes a while, without connecting. */
  prepare(): void
  /**
   * Checks the addresses that the caller gave, and contacts none: a wrong one is an error also where nothing is built.
   *
   * @throws EngineError ENGINE_UNREACHABLE
   */
  checkAddresses(): Promise<void>
}

/** Which builders to use: one or several; by default that of the environment. */
export interface EngineChoice {
  /** Addresses, names of docker contexts, or options. */
  readonly builders?: readonly (string | BuilderOptions)[]
  /** @deprecated the former name of `builders`, until 1.0 */
  readonly engines?: readonly (string | BuilderOptions)[]
  /** One builder. */
  readonly engine?: BuilderOptions
}

/** Options of builders that set none of their own. */
export type BuilderDefaults = Pick<BuilderOptions, 'credentials' | 'env'>

/** @throws DefinitionError USAGE where the choice is none, or names a builder twice. */
export function openEngines({ engine, engines, builders }: EngineChoice, defaults: BuilderDefaults): Engines {
  if ([engine, engines, builders].filter((one) => one !== undefined).length > 1) {
    throw usage('builders, engines and engine exclude each other', 'use builders')
  }
  const listed = builders ?? engines
  const chosen = listed?.map((one) => (typeof one === 'string' ? { host: one } : one)) ?? [engine ?? {}]
  if (chosen.length === 0) throw usage('it is empty', 'omit it to use the builder of the environment')
  const names = chosen.map(builderName)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) throw usage(`'${twice}' is listed twice`)
  let opening: Promise<readonly Builder[]> | undefined
  return {
    all(signal) {
      opening ??= connectAll(chosen, defaults, signal)
      return opening
    },
    // If loading fails, the first call fails in the same way and reports it.
    prepare: () => void Promise.all(chosen.map(preload)).catch(() => {}),
    async checkAddresses() {
      await Promise.all(chosen.map(checkAddress))
    },
    async [Symbol.asyncDispose]() {
      const opened = await opening?.catch(() => [])
      await Promise.all(opened?.map((one) => one[Symbol.asyncDispose]()) ?? [])
    },
  }
}

/** A node that is named twice, by itself and as one of a group, is one builder. */
async function connectAll(
  chosen: readonly BuilderOptions[],
  defaults: BuilderDefaults,
  signal: AbortSignal | undefined,
): Promise<readonly Builder[]> {
  const groups = await Promise.all(chosen.map((options) => connectNodes({ ...defaults, ...options }, signal)))
  return [...new Map(groups.flat().map((node) => [node.name, node])).values()]
}

function usage(message: string, hint?: string): DefinitionError {
  return new DefinitionError([{ path: 'builders', message, ...(hint !== undefined && { hint }) }], 'USAGE')
}
