import pLimit from 'p-limit'
import type { Engines } from '../builder/builders.js'
import type { Builder, BuilderInfo, DescribeCall } from '../builder/port.js'
import { errorData } from '../model/error-data.js'
import { EngineError } from '../model/errors.js'
import type { EnginePlan } from '../model/run/plan.js'
import { executionOn } from './execution-on.js'

/** Engines that are connected to at a time: each may start a program, such as kubectl or ssh. */
const MAX_QUERIES = 10

/** An engine that said what it is. */
export interface AnsweringEngine {
  readonly engine: Builder
  readonly info: BuilderInfo
}

/** An engine with its description, or with the reason why it did not respond. */
export type QueriedEngine = AnsweringEngine | { readonly engine: Builder; readonly failure: EngineError }

/** Requests the description of every engine. @throws CancelledError */
export async function queryEngines(engines: Engines, call: DescribeCall): Promise<readonly QueriedEngine[]> {
  const all = await engines.all(call.signal)
  const limit = pLimit(MAX_QUERIES)
  return Promise.all(all.map((engine) => limit(() => queryEngine(engine, call))))
}

async function queryEngine(engine: Builder, call: DescribeCall): Promise<QueriedEngine> {
  try {
    return { engine, info: await engine.describe(call) }
  } catch (failure) {
    if (failure instanceof EngineError) return { engine, failure }
    throw failure
  }
}

/** Returns the entry of an engine in a plan. */
export function enginePlan(queried: QueriedEngine): EnginePlan {
  if ('failure' in queried) return { engine: queried.engine.name, error: errorData(queried.failure) }
  const { address, version, native, runnable } = queried.info
  const emulated = runnable?.filter((platform) => executionOn(queried.info, platform) === 'emulated')
  return { engine: address, version, native, ...(emulated && { emulated }) }
}
