import { DefinitionError } from '../model/errors.js'
import type { CredentialStore } from '../registry/port.js'
import { connectEngine, preload } from './connect.js'
import type { BuilderOptions } from './options.js'
import type { Builder } from './port.js'

/** The engines of a run, in the order in which they were named; at least one. None is contacted before its first call. */
export interface Engines extends AsyncDisposable {
  readonly all: readonly [Builder, ...Builder[]]
  /** Loads what speaks to them, which takes a while, and contacts none. */
  prepare(): void
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

/** @throws DefinitionError USAGE where the choice is none, or names a builder twice. */
export function openEngines({ engine, engines, builders }: EngineChoice, credentials: CredentialStore): Engines {
  if ([engine, engines, builders].filter((one) => one !== undefined).length > 1) {
    throw usage('builders, engines and engine exclude each other', 'use builders')
  }
  const listed = builders ?? engines
  const chosen = listed?.map((one) => (typeof one === 'string' ? { host: one } : one)) ?? [engine ?? {}]
  const [first, ...others] = chosen.map((options) => connectEngine({ credentials, ...options }))
  if (first === undefined) throw usage('it is empty', 'omit it to use the builder of the environment')
  const all = [first, ...others] as const
  const twice = all.find(({ name }, at) => all.findIndex((one) => one.name === name) < at)
  if (twice !== undefined) throw usage(`'${twice.name}' is listed twice`)
  return {
    all: [...all],
    // Where that fails, the first call does so too, and tells it.
    prepare: () => void Promise.all(chosen.map(preload)).catch(() => {}),
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((one) => one[Symbol.asyncDispose]()))
    },
  }
}

function usage(message: string, hint?: string): DefinitionError {
  return new DefinitionError([{ path: 'builders', message, ...(hint !== undefined && { hint }) }], 'USAGE')
}
