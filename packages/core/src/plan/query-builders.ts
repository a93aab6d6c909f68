import pLimit from 'p-limit'
import type { Builders } from '../builder/builders.js'
import type { Builder, BuilderInfo, DescribeCall, PastBuilds } from '../builder/port.js'
import { errorData } from '../model/error-data.js'
import { EngineError } from '../model/errors.js'
import type { EnginePlan } from '../model/run/plan.js'
import { executionOn } from './execution-on.js'

/** Connections opened at a time: each may start a program, such as kubectl or ssh. */
const MAX_QUERIES = 10

/** A builder with its description. */
export interface AnsweringBuilder {
  readonly builder: Builder
  readonly info: BuilderInfo
  /** Undefined if there is no other builder to choose. */
  readonly past?: PastBuilds | undefined
}

/** A builder with its description, or with the reason why it did not respond. */
export type QueriedBuilder = AnsweringBuilder | { readonly builder: Builder; readonly failure: EngineError }

/** Requests the description of every builder. @throws CancelledError */
export async function queryBuilders(builders: Builders, call: DescribeCall): Promise<readonly QueriedBuilder[]> {
  const all = await builders.all(call.signal)
  const limit = pLimit(MAX_QUERIES)
  return Promise.all(all.map((builder) => limit(() => queryBuilder(builder, call, all.length > 1))))
}

async function queryBuilder(builder: Builder, call: DescribeCall, isOneOfMany: boolean): Promise<QueriedBuilder> {
  try {
    return await describeForBuilds(builder, call, isOneOfMany)
  } catch (failure) {
    if (failure instanceof EngineError) return { builder, failure }
    throw failure
  }
}

/** Requests the description of a builder, and the builds that it remembers. @throws EngineError */
export async function describeForBuilds(
  builder: Builder,
  call: DescribeCall,
  isOneOfMany: boolean,
): Promise<AnsweringBuilder> {
  const info = await builder.describe(call)
  return { builder, info, past: isOneOfMany ? await builder.pastBuilds?.(call) : undefined }
}

/** Returns the entry of a builder in a plan. */
export function builderPlan(queried: QueriedBuilder): EnginePlan {
  if ('failure' in queried) return { engine: queried.builder.name, error: errorData(queried.failure) }
  const { address, version, native, runnable } = queried.info
  const emulated = runnable?.filter((platform) => executionOn(queried.info, platform) === 'emulated')
  return { engine: address, version, native, ...(emulated && { emulated }) }
}
