import { describe, expect, test } from 'vitest'
import type { DistributionTable } from '../../packages/core/src/definition/plugin/index.js'
import { ALPINE } from '../../packages/plugin-alpine/src/releases.js'
import { DEBIAN } from '../../packages/plugin-debian/src/releases.js'
import { ALMALINUX, CENTOS, FEDORA, ROCKY } from '../../packages/plugin-fedora/src/releases.js'
import { RASPBIAN } from '../../packages/plugin-raspbian/src/releases.js'
import { UBUNTU } from '../../packages/plugin-ubuntu/src/releases.js'

const TABLES: readonly DistributionTable[] = [ALPINE, DEBIAN, UBUNTU, RASPBIAN, FEDORA, ROCKY, ALMALINUX, CENTOS]
const TODAY = new Date().toISOString().slice(0, 10)

/** The end of life of the default release; undefined if none is known. */
function defaultEnd({ releases, defaultRelease }: DistributionTable): string | undefined {
  const found = Object.entries(releases).find(([name, { aliases }]) => [name, ...aliases].includes(defaultRelease))
  if (found === undefined) throw new Error(`there is no release ${defaultRelease}`)
  return found[1].endOfLife
}

describe.each(TABLES)('the table of $title', (table) => {
  // If this fails, a release has ended since the table was written: add the newer ones, and choose another default.
  test('has a default release that is still supported today', () => {
    expect((defaultEnd(table) ?? TODAY) >= TODAY, `${table.defaultRelease} ended on ${defaultEnd(table)}`).toBe(true)
  })

  test('has dates that exist, and names that mean one release each', () => {
    const releases = Object.entries(table.releases)
    for (const [, { endOfLife }] of releases) {
      if (endOfLife !== undefined) expect(new Date(endOfLife).toISOString().slice(0, 10)).toBe(endOfLife)
    }
    const names = releases.flatMap(([name, { aliases }]) => [name, ...aliases])
    expect(new Set(names).size).toBe(names.length)
  })
})
