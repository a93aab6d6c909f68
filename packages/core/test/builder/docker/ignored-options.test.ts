import { expect, it } from 'vitest'
import { ignoredOptions } from '../../../src/builder/docker/ignored-options.js'
import type { BuilderInfo } from '../../../src/builder/port.js'

const engine = (apiVersion: string) => ({ apiVersion }) as BuilderInfo
const limits = { shmSize: 1024, ulimits: [{ name: 'nofile', soft: 1, hard: 2 }] }

it.each([
  ['1.41', limits, ['shmSize', 'ulimits']],
  ['1.41', { ulimits: [] }, []],
  ['1.42', limits, []],
  ['1.51', limits, []],
])('API %s given %j ignores %j', (apiVersion, request, ignored) => {
  expect(ignoredOptions(engine(apiVersion), request)).toEqual(ignored)
})
