import { PolyarchError } from '../../packages/core/src/model/errors.js'
import type { RegistryState } from './checker.js'
import type { Operation, SaidHolds, Statements } from './operation.js'
import { statementsIn } from './operation.js'

/**
 * How a run ended. `right`: it succeeded, and all is as it is to be. `failed`: it failed by a typed error, every name is
 * whole, and all that is said about names is true. The others are faults of polyarch.
 */
export const VERDICTS = ['right', 'failed', 'wrong', 'untyped', 'hanging', 'false-statement'] as const

/** One of {@link VERDICTS}. */
export type Verdict = (typeof VERDICTS)[number]

/** A verdict with what it is based on. */
export interface Judgement {
  readonly verdict: Verdict
  readonly details: readonly string[]
  /** The code of the error. */
  readonly code?: string
}

/** What a run has left. */
export interface RunResult {
  readonly operation: Operation
  readonly error: unknown
  readonly said: SaidHolds
  readonly before: RegistryState
  /** After a run without faults. */
  readonly clean: RegistryState
  readonly after: RegistryState
}

/** Evaluates a run that ended. */
export function judge(result: RunResult): Judgement {
  const { error, said } = result
  if (error !== undefined && !(error instanceof PolyarchError)) {
    return { verdict: 'untyped', details: [error instanceof Error ? (error.stack ?? error.message) : String(error)] }
  }
  const code = error?.code
  const wrong = [...wrongTags(result), ...result.after.missing.map((what) => `${what} is missing`)]
  const reported = error === undefined ? { moved: [], notMoved: [] } : statementsIn(error.message, said)
  const untrue = falseStatements({ ...reported, holds: said.holds }, result)
  const details = [...wrong, ...untrue, ...(error === undefined ? [] : [`${error.code}: ${error.message}`])]
  const base = { details, ...(code !== undefined && { code }) }
  if (wrong.length > 0) return { verdict: 'wrong', ...base }
  if (untrue.length > 0) return { verdict: 'false-statement', ...base }
  return { verdict: error === undefined ? 'right' : 'failed', ...base }
}

const isOwn = (name: string) => name.includes(':polyarch-')

/** Every name holds what it held, or what it is to hold; after success, the latter. */
function wrongTags({ operation, error, before, clean, after }: RunResult): readonly string[] {
  const names = new Set([...before.tags.keys(), ...clean.tags.keys(), ...after.tags.keys()])
  return [...names].flatMap((name) => {
    const [was, meant, now] = [before, clean, after].map(({ tags }) => tags.get(name)?.digest)
    if (now === meant || (now === undefined && operation.mayDelete?.(name))) return []
    // Records have dates, and a run that is given up leaves them.
    if (isOwn(name) && (now === was || was === undefined)) return []
    if (error !== undefined && now === was) return []
    return [`${name} held ${was ?? 'nothing'}, is to hold ${meant ?? 'nothing'} and holds ${now ?? 'nothing'}`]
  })
}

function falseStatements(statements: Statements, { before, clean, after }: RunResult): readonly string[] {
  const held = ({ tags }: RegistryState, name: string) => tags.get(name)?.digest
  const holds = [...statements.holds].filter(([name, digest]) => held(after, name) !== digest)
  const moved = statements.moved.filter((name) => held(after, name) !== held(clean, name))
  const notMoved = statements.notMoved.filter(
    (name) => held(after, name) === held(clean, name) && held(before, name) !== held(clean, name),
  )
  return [
    ...holds.map(([name, digest]) => `${name} is said to hold ${digest ?? 'nothing'}, and holds ${held(after, name)}`),
    ...moved.map((name) => `${name} is said to have moved`),
    ...notMoved.map((name) => `${name} is said not to have moved`),
  ]
}
