import { describe, expect, test } from 'vitest'
import type { DistributionTable } from '../../packages/core/src/definition/plugin/index.js'
import { endOfSupport, SUPPORT_LEVELS } from '../../packages/core/src/definition/plugin/support-dates.js'
import { ALPINE } from '../../packages/plugin-alpine/src/releases.js'
import { DEVUAN, KALI } from '../../packages/plugin-debian/src/derivatives.js'
import { RASPBERRY_PI_OS } from '../../packages/plugin-debian/src/raspberry-pi-os.js'
import { DEBIAN } from '../../packages/plugin-debian/src/releases.js'
import { ALMALINUX, CENTOS, FEDORA, ROCKY } from '../../packages/plugin-fedora/src/releases.js'
import { RASPBIAN } from '../../packages/plugin-raspbian/src/releases.js'
import { UBUNTU } from '../../packages/plugin-ubuntu/src/releases.js'

const TABLES: readonly DistributionTable[] = [
  ALPINE,
  DEBIAN,
  DEVUAN,
  KALI,
  RASPBERRY_PI_OS,
  UBUNTU,
  RASPBIAN,
  FEDORA,
  ROCKY,
  ALMALINUX,
  CENTOS,
]
const TODAY = new Date().toISOString().slice(0, 10)

/** The last day of support that everyone gets for a release; undefined if none is known. */
function endOf({ releases, support }: DistributionTable, name: string): string | undefined {
  const found = Object.entries(releases).find(([key, { aliases }]) => [key, ...aliases].includes(name))
  if (found === undefined) throw new Error(`there is no release ${name}`)
  return endOfSupport(found[1], support)
}

describe.each(TABLES)('the table of $title', (table) => {
  // If these fail, a release has ended since the table was written: add the newer ones, and choose another default.
  test('has a default release that is still supported today', () => {
    const end = endOf(table, table.defaultRelease)
    expect((end ?? TODAY) >= TODAY, `${table.defaultRelease} ended on ${end}`).toBe(true)
  })

  test('ends with a release that is still supported today', () => {
    const newest = Object.keys(table.releases).at(-1) ?? ''
    const end = endOf(table, newest)
    expect((end ?? TODAY) >= TODAY, `${newest} ended on ${end}: there must be newer ones`).toBe(true)
  })

  test('has dates that exist, in the order of the kinds of support, and names that mean one release each', () => {
    const releases = Object.entries(table.releases)
    for (const [name, release] of releases) {
      const dates = SUPPORT_LEVELS.map((level) => endOfSupport(release, level)).filter((date) => date !== undefined)
      for (const date of dates) expect(new Date(date).toISOString().slice(0, 10)).toBe(date)
      expect(dates, name).toEqual([...dates].sort())
    }
    const names = releases.flatMap(([name, { aliases }]) => [name, ...aliases])
    expect(new Set(names).size).toBe(names.length)
  })
})
