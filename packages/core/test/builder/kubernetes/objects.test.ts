import { expect, test } from 'vitest'
import { readObjects, readPod, readSelector } from '../../../src/builder/kubernetes/objects.js'

const POD = {
  metadata: { name: 'buildkitd-0' },
  spec: { containers: [{ name: 'sidecar' }, { name: 'buildkitd' }] },
  status: {
    conditions: [
      { type: 'Initialized', status: 'True' },
      { type: 'Ready', status: 'True' },
    ],
  },
}

test('a list has its items, and one object is itself', () => {
  expect(readObjects({ kind: 'List', items: [POD] })).toEqual([POD])
  expect(readObjects(POD)).toEqual([POD])
  expect(readObjects({ kind: 'List', items: 'x' })).toEqual([])
})

test('a pod has its name, its containers and whether it is ready', () => {
  expect(readPod(POD)).toEqual({ name: 'buildkitd-0', isReady: true, containers: ['sidecar', 'buildkitd'] })
  const ending = { ...POD, metadata: { ...POD.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
  expect(readPod(ending)).toMatchObject({ isReady: false })
})

test('a selector has labels and expressions', () => {
  const expression = { key: 'tier', operator: 'In', values: ['a', 'b'] }
  const selector = { matchLabels: { app: 'buildkitd' }, matchExpressions: [expression] }
  expect(readSelector({ spec: { selector } })).toEqual({ labels: [['app', 'buildkitd']], expressions: [expression] })
})

const OTHERS: readonly unknown[] = [
  ...[null, 1, 'x', [], {}, { metadata: null }, { metadata: { name: 1 } }, { metadata: { toString: 'x' } }],
  { metadata: { name: {} }, spec: { containers: null, selector: 'x' }, status: { conditions: [null, 1] } },
]

test.each(OTHERS.map((value) => [value]))('%j has no name and no selector', (value) => {
  expect([readPod(value), readSelector(value)]).toEqual([undefined, undefined])
})

test('fields of another type are omitted', () => {
  const pod = { metadata: { name: 'a' }, spec: { containers: [null, { name: 1 }] }, status: { conditions: {} } }
  expect(readPod(pod)).toEqual({ name: 'a', isReady: false, containers: [] })
  const selector = { matchLabels: { a: 1, b: 'c' }, matchExpressions: [null] }
  expect(readSelector({ spec: { selector } })).toEqual({
    labels: [['b', 'c']],
    expressions: [{ key: '', operator: '', values: [] }],
  })
})
