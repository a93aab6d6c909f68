import { expect, test } from 'vitest'
import type { Builder } from '../../src/builder/port.js'
import type { TestNode } from '../../src/graph/node.js'
import { parsePlatform } from '../../src/model/platform.js'
import { findCandidates } from '../../src/plan/candidates.js'
import { builderFeatures } from '../builder/builder-features.js'

function platforms(...texts: readonly string[]) {
  return texts.flatMap((text) => parsePlatform(text) ?? [])
}

/** A builder of amd64 that emulates arm64. */
function builder(address: string, ...declared: readonly string[]) {
  const [native, arm64] = platforms('amd64', 'arm64')
  if (native === undefined || arm64 === undefined) throw new Error('not a platform')
  return {
    builder: { name: address } as Builder,
    info: {
      address,
      version: '0.20.0',
      native,
      runnable: [native, arm64],
      features: builderFeatures(),
      ...(declared.length > 0 && { declared: platforms(...declared) }),
    },
  }
}

function nodeFor(platform: string): TestNode {
  const repository = { registry: 'localhost:5000', repository: 'app' }
  return { kind: 'test', id: 'test', repository, platform: platforms(platform)[0] } as unknown as TestNode
}

/** The builders of a platform, with how they run it. */
function usesOf(
  platform: string,
  builders: readonly ReturnType<typeof builder>[],
  crossBuilt: ReadonlySet<string> = new Set(),
): readonly string[] {
  const node = nodeFor(platform)
  const declared = builders.flatMap(({ info }) => info.declared ?? [])
  const { candidates } = findCandidates(node, builders, { emulates: true, declared, crossBuilt })
  return candidates.map(({ address, execution }) => `${address} ${execution}`)
}

test('a declared platform is native, and goes to no builder that declares others only', () => {
  const [one, two, plain] = [builder('one', 'amd64'), builder('two', 'arm64'), builder('plain')]
  expect(usesOf('arm64', [one, two])).toEqual(['two native'])
  expect(usesOf('amd64', [one, two])).toEqual(['one native'])
  expect(usesOf('arm64', [one, two, plain])).toEqual(['two native', 'plain emulated'])
})

test('a platform that no builder declares goes to all builders that run it', () => {
  expect(usesOf('arm64', [builder('one', 'amd64'), builder('two')])).toEqual(['one emulated', 'two emulated'])
})

test('a declared platform need not be reported by the builder', () => {
  expect(usesOf('riscv64', [builder('one', 'riscv64')])).toEqual(['one native'])
  expect(usesOf('riscv64', [builder('one')])).toEqual([])
})

test('a builder that remembers the image of the platform is known by its time', () => {
  const past = new Map([
    ['localhost:5000/app linux/amd64', 7],
    ['localhost:5000/other linux/arm64', 9],
  ])
  const builders = [{ ...builder('one'), past }, builder('two')]
  const timesOf = (platform: string) =>
    findCandidates(nodeFor(platform), builders, {
      emulates: true,
      declared: [],
      crossBuilt: new Set(),
    }).candidates.map(({ pastTime }) => pastTime)
  expect(timesOf('amd64')).toEqual([7, undefined])
  expect(timesOf('arm64')).toEqual([undefined, undefined])
})

test('a node that runs programs of the builder’s platform only is native on every builder', () => {
  const crossBuilt = new Set(['test'])
  expect(usesOf('riscv64', [builder('one'), builder('two', 'arm64')], crossBuilt)).toEqual(['one native', 'two native'])
  expect(usesOf('arm64', [builder('one')], crossBuilt)).toEqual(['one native'])
})
