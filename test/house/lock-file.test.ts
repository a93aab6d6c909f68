import { expect, test } from 'vitest'
import { readText } from './repository.js'

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

test('package-lock.json has the optional packages of every platform', () => {
  // npm leaves out those that a partial registry lacks, and `npm ci` then refuses the file on every machine.
  const { packages } = JSON.parse(readText('package-lock.json')) as { packages: Readonly<Record<string, Locked>> }
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
    ),
  )
  expect(missing).toEqual([])
})

test('package-lock.json does not report where packages were fetched from', () => {
  expect(readText('package-lock.json')).not.toMatch(/"resolved": "https?:/)
})
