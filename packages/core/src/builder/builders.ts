import { DefinitionError } from '../model/errors.js'
import type { CredentialStore } from '../registry/port.js'
import { connectEngine, type EngineOptions } from './connect.js'
import type { Builder } from './port.js'

/** The engines of a run, in the order in which they were named; at least one. None is contacted before its first call. */
export interface Engines extends AsyncDisposable {
  readonly all: readonly [Builder, ...Builder[]]
  /** Loads what speaks to them, which takes a while, and contacts none. */
  prepare(): void
}

/** Which engines to use: one or several; that of the environment unless told otherwise. */
export interface EngineChoice {
  readonly engine?: EngineOptions
  /** Addresses, names of docker contexts, or options. */
  readonly engines?: readonly (string | EngineOptions)[]
}

/** @throws DefinitionError USAGE where the choice is none, or names an engine twice. */
export function openEngines({ engine, engines }: EngineChoice, credentials: CredentialStore): Engines {
  if (engine !== undefined && engines !== undefined) throw usage('say either engine or engines')
  const chosen = engines?.map((one) => (typeof one === 'string' ? { host: one } : one)) ?? [engine ?? {}]
  const [first, ...others] = chosen.map((options) => connectEngine({ credentials, ...options }))
  if (first === undefined) throw usage('it is empty', 'leave it out for the engine that the docker command would use')
  const all = [first, ...others] as const
  const twice = all.find(({ name }, at) => all.findIndex((one) => one.name === name) < at)
  if (twice !== undefined) throw usage(`'${twice.name}' is there twice`)
  return {
    all: [...all],
    // Where that fails, the first call does so too, and tells it.
    prepare: () => void import('./docker/docker-engine.js').catch(() => {}),
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((one) => one[Symbol.asyncDispose]()))
    },
  }
}

function usage(message: string, hint?: string): DefinitionError {
  return new DefinitionError([{ path: 'engines', message, ...(hint !== undefined && { hint }) }], 'USAGE')
}
