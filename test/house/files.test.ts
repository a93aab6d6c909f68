import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CODE, readText, repositoryFiles } from './repository.js'

const files = repositoryFiles(CODE)

describe('code files', () => {
  test('exist', () => {
    expect(files.length).toBeGreaterThan(20)
  })

  test('have at most 300 lines', () => {
    const long = files.map((file) => ({ file, lines: readText(file).trimEnd().split('\n').length }))
    expect(long.filter(({ lines }) => lines > 300)).toEqual([])
  })

  test('do not exceed 15 per source folder, without subfolders', () => {
    const counts = new Map<string, number>()
    for (const file of files.filter((name) => /^packages\/[^/]+\/src\//.test(name))) {
      const folder = posix.dirname(file)
      counts.set(folder, (counts.get(folder) ?? 0) + 1)
    }
    expect(counts.size).toBeGreaterThan(40)
    expect([...counts].filter(([, count]) => count > 15)).toEqual([])
  })

  test('have names in kebab case', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|real\.test|test-d|config|d))?\.(ts|mts|mjs)$/
    expect(files.filter((file) => !kebab.test(posix.basename(file)))).toEqual([])
  })
})
