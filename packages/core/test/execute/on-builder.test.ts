import { expect, test } from 'vitest'
import { BuilderPool, type Candidate, claimOf } from '../../src/builder/pool/pool.js'
import type { Builder } from '../../src/builder/port.js'
import { doOnBuilder } from '../../src/execute/on-builder.js'
import { EngineError } from '../../src/model/errors.js'

const GONE = new EngineError('ENGINE_UNREACHABLE', 'the connection was lost')
const BROKEN = new EngineError('BUILD_FAILED', 'the build failed')

/** A builder that only returns its description, if it is reachable. */
function candidate(name: string, isThere = true): Candidate {
  const describe = () => (isThere ? Promise.resolve({ address: name }) : Promise.reject(GONE))
  return { builder: { name, describe } as unknown as Builder, address: name, execution: 'native' }
}

/** A pipeline whose builds prefer a to b, and b to c. */
const IN_ORDER = 'app2'

const AMD64 = { os: 'linux', architecture: 'amd64' }

/** Builds on the candidates in turn: each throws what it is given, or returns its name. @returns the engines tried */
async function build(
  candidates: readonly Candidate[],
  outcomes: readonly (Error | undefined)[],
  prepare: (pool: BuilderPool, engine: Builder) => void = () => {},
) {
  const pool = new BuilderPool({ buildsPerBuilder: 1, waitsForNative: false })
  const claim = claimOf({ pipeline: IN_ORDER, platform: AMD64 }, candidates)
  const tried: string[] = []
  const moves: string[] = []
  const signal = new AbortController().signal
  const lease = await pool.lease(claim)
  if (lease === undefined) throw new Error('no engine was free')
  prepare(pool, lease.builder)
  const moved = (use: { readonly engine: string }) => moves.push(use.engine)
  const result = await doOnBuilder(
    lease,
    { node: 'app', claim, rejections: [], pool, signal, moved },
    async ({ name }) => {
      const outcome = outcomes[tried.push(name) - 1]
      if (outcome !== undefined) throw outcome
      return name
    },
  ).catch((error: unknown) => error)
  return { tried, moves, result, free: (await pool.lease(claim))?.builder.name }
}

test('a build whose engine is lost is done once more on another one, and the lost one is not used again', async () => {
  const { tried, moves, result, free } = await build([candidate('a', false), candidate('b')], [GONE])
  expect({ tried, moves, result, free }).toEqual({ tried: ['a', 'b'], moves: ['b'], result: 'b', free: 'b' })
})

test('an engine that fails a build because it is being stopped counts as lost', async () => {
  const { tried, result } = await build([candidate('a', false), candidate('b')], [BROKEN])
  expect({ tried, result }).toEqual({ tried: ['a', 'b'], result: 'b' })
})

test('a build that fails on an engine which is still there has failed', async () => {
  const { tried, result, free } = await build([candidate('a'), candidate('b')], [BROKEN])
  expect({ tried, result, free }).toEqual({ tried: ['a'], result: BROKEN, free: 'a' })
})

test('what is no error of an engine is none of its own', async () => {
  const bug = new TypeError('a bug')
  expect(await build([candidate('a', false), candidate('b')], [bug])).toMatchObject({ tried: ['a'], result: bug })
})

test('is done once more only once', async () => {
  const three = [candidate('a', false), candidate('b', false), candidate('c')]
  const { tried, result, free } = await build(three, [GONE, GONE])
  expect({ tried, result, free }).toEqual({ tried: ['a', 'b'], result: GONE, free: 'c' })
})

test('reports how the engine was lost if there is no other', async () => {
  expect(await build([candidate('a', false)], [GONE])).toMatchObject({ tried: ['a'], moves: [], result: GONE })
})

test('an engine that leaves the run gives a build that it fails to another one, although it still answers', async () => {
  const leaving = [candidate('a'), candidate('b')]
  const { tried, result } = await build(leaving, [BROKEN], (pool, engine) => pool.leave(engine))
  expect({ tried, result }).toEqual({ tried: ['a', 'b'], result: 'b' })
})
