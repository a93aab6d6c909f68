import { describe, expect, it } from 'vitest'
import type { TestDefinition } from '../../../src/definition/declare/image-test.js'
import { digestOf } from '../../../src/model/digest.js'
import type { Descriptor } from '../../../src/model/oci.js'
import type { Registry } from '../../../src/registry/port.js'
import { createPassedTests } from '../../../src/steps/test/passed-tests.js'
import { isRecorded, testKey } from '../../../src/steps/test/test-key.js'
import { IN_TOTO, PREDICATE_TYPE, TEST_RESULT } from '../../../src/steps/test/test-result.js'

const platform = { os: 'linux', architecture: 'amd64' }
const digest = digestOf(Buffer.from('image'))
const image = { reference: { registry: 'r', repository: 'app', digest }, descriptor: { digest } }
const result = (key: string, type = TEST_RESULT) => ({ [PREDICATE_TYPE]: type, 'io.polyarch.key': key })

describe('the tests that an image has passed', () => {
  const entry = (annotations?: Record<string, string>): Descriptor => ({
    ...{ mediaType: 'x', digest: digestOf(Buffer.from(JSON.stringify(annotations ?? 'bare'))), size: 1 },
    ...(annotations && { annotations }),
  })

  it('are found by the annotations of its referrers, read once, and by nothing else', async () => {
    let lists = 0
    const registry = {
      async listReferrers(_repository: unknown, _subject: unknown, options: { readonly artifactType?: string }) {
        lists += 1
        expect(options).toMatchObject({ artifactType: IN_TOTO, fresh: true })
        return [entry(result('a')), entry(result('b', 'https://slsa.dev/provenance/v1')), entry()]
      },
      getManifest: async () => ({ content: { annotations: result('c') } }),
    } as unknown as Registry
    const passed = createPassedTests(registry)
    const found = await Promise.all(['a', 'b', 'c', 'd'].map((key) => passed.has(image, key, {})))
    // A registry may list a referrer without its annotations: c.
    expect(found).toEqual([true, false, true, false])
    expect(lists).toBe(1)
  })
})

describe('the key of a test', () => {
  const command = (changes: object = {}): TestDefinition => ({
    ...{ kind: 'command', name: 'one', command: ['x'], exitCode: 0, timeout: 1000 },
    ...{ expectedOutput: [], excludedOutput: [], expectedError: [], excludedError: [] },
    ...changes,
  })
  const keyOf = (test: TestDefinition, files = digest, of = digest) => testKey({ test, platform }, files, of)
  const other = digestOf(Buffer.from('other'))

  it.each([
    ['the image', keyOf(command(), digest, other)],
    ['the files', keyOf(command(), other)],
    ['the command', keyOf(command({ command: ['y'] }))],
    ['what is expected', keyOf(command({ expectedOutput: [{ text: 'z' }] }))],
    ['the name', keyOf(command({ name: 'two' }))],
    ['the environment', keyOf(command({ env: { A: 'b' } }))],
    ['where the files are mounted', keyOf(command({ mount: { source: '/a', target: '/b' } }))],
  ])('covers %s', (_what, key) => {
    expect(key).not.toBe(keyOf(command()))
  })

  it('does not cover the time limit, and where the files are on this machine', () => {
    expect(keyOf(command({ timeout: 1 }))).toBe(keyOf(command()))
    const mounted = (source: string) => keyOf(command({ mount: { source, target: '/b' } }))
    expect(mounted('/a')).toBe(mounted('/c'))
  })

  it('is that of a version for a function, whose result is kept only then', () => {
    const of = (version?: string): TestDefinition => ({
      ...{ kind: 'function', name: 'one', run: () => {}, timeout: 1 },
      ...(version !== undefined && { version }),
    })
    expect(keyOf(of('1'))).not.toBe(keyOf(of('2')))
    expect([of('1'), of()].map(isRecorded)).toEqual([true, false])
  })
})
