import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { DistributionTable, SupportDates } from '../../packages/core/src/definition/plugin/index.js'
import { DEVUAN } from '../../packages/plugin-debian/src/derivatives.js'
import { DEBIAN } from '../../packages/plugin-debian/src/releases.js'
import { UBUNTU } from '../../packages/plugin-ubuntu/src/releases.js'
import { run } from '../../scripts/setup/run.mjs'
import { withSeparateApt } from '../../scripts/setup/separate-apt.mjs'

const TODAY = new Date().toISOString().slice(0, 10)

/** A release as `distro-info-data` has it. */
interface DatedRelease {
  readonly series: string
  readonly release?: string | undefined
  readonly dates: SupportDates | undefined
}

/** Columns of the end of each kind of support. */
const TABLES: readonly (readonly [file: string, table: DistributionTable, longTerm: string, extended: string])[] = [
  ['debian', DEBIAN, 'eol-lts', 'eol-elts'],
  ['devuan', DEVUAN, 'none', 'none'],
  ['ubuntu', UBUNTU, 'eol-esm', 'eol-legacy'],
]

const data = new Map<string, readonly DatedRelease[]>()

beforeAll(() =>
  withSeparateApt(
    ['amd64'],
    async ({ folder, env }) => {
      await run('apt-get', ['--quiet', 'download', 'distro-info-data'], { env, cwd: folder })
      await run('sh', ['-c', `dpkg-deb --extract ${folder}/*.deb ${folder}/root`], { env })
      for (const [file, , longTerm, extended] of TABLES) {
        const text = await readFile(join(folder, `root/usr/share/distro-info/${file}.csv`), 'utf8')
        data.set(file, readReleases(text, longTerm, extended))
      }
    },
    'sid',
  ),
)

function readReleases(text: string, longTerm: string, extended: string): readonly DatedRelease[] {
  const [header = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  return rows.map((row) => {
    const field = (name: string) => row[header.indexOf(name)] || undefined
    const dates = {
      standard: field('eol') ?? '',
      'long-term': field(longTerm),
      extended: field(extended),
    }
    const known = Object.entries(dates).filter(([, date]) => date !== undefined)
    return {
      series: field('series') ?? '',
      release: field('release'),
      dates: dates.standard === '' ? undefined : (Object.fromEntries(known) as unknown as SupportDates),
    }
  })
}

describe.each(TABLES)('the table of %s', (file, table) => {
  const releases = new Map(Object.values(table.releases).map((release) => [release.suite, release]))

  it('has the dates that Debian publishes for each release', () => {
    for (const { series, dates } of data.get(file) ?? []) {
      const ours = releases.get(series)?.endOfLife
      if (ours === undefined) continue
      expect([series, typeof ours === 'string' ? { standard: ours } : ours]).toEqual([series, dates])
    }
    expect(data.get(file)?.length).toBeGreaterThan(5)
  })

  // If this fails, a release has been published since the table was written.
  it('has every release that is supported today', () => {
    const supported = (data.get(file) ?? []).filter(
      ({ release, dates }) =>
        release !== undefined && release <= TODAY && dates !== undefined && dates.standard >= TODAY,
    )
    expect(supported.map(({ series }) => series).filter((series) => !releases.has(series))).toEqual([])
    expect(supported.length).toBeGreaterThan(0)
  })
})
