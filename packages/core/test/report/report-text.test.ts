import { describe, expect, test } from 'vitest'
import { reportOf } from '../../src/report/report.js'
import { formatReport, formatTagChanges } from '../../src/report/text/report-text.js'
import { digestOf, PLAN, WHOLE } from './recorded-run.js'

describe('report text', () => {
  test('lists results with short digests, and tags above the digest that they point to', () => {
    expect(formatReport(reportOf(WHOLE)).split('\n')).toEqual([
      'app  base(linux/amd64)    reused             sha256:aaaaaaaaaaaa',
      'app  base(linux/arm/v7)   made in 3.0 s      sha256:bbbbbbbbbbbb',
      'app  base index           made in 1.0 s      sha256:cccccccccccc',
      'app  image(linux/amd64)   made in 4.0 s      sha256:111111111111',
      'app  image(linux/arm/v7)  made in 1 min 5 s  sha256:222222222222',
      'app  index                made in 1.0 s      sha256:ffffffffffff',
      '',
      'reg.example/app:1.0     now',
      'reg.example/app:latest  now',
      `  ${digestOf('f')}`,
      '',
      'note: the base of linux/arm/v7 says linux/amd64 in its config',
      '',
    ])
  })

  test('fits 80 columns by truncating the start of a long name', () => {
    const long = 'registry.example.com-team-with-a-long-name-image'
    const rename = (node: string) => node.replace(/^app/, long)
    const plan = { ...PLAN, nodes: PLAN.nodes.map((one) => ({ ...one, node: rename(one.node), pipeline: long })) }
    const events = WHOLE.map((event) => ({
      ...event,
      ...('node' in event && { node: rename(event.node) }),
      ...(event.kind === 'planned' && { plan }),
    })) as typeof WHOLE
    const lines = formatReport(reportOf(events)).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBe(80)
    expect(lines[0]).toMatch(/^….*-long-name-image {2}base\(linux\/amd64\)/)
  })

  test('groups tags by digest', () => {
    const changes = [
      { reference: 'r.example/app:1', to: digestOf('a') },
      { reference: 'r.example/app-base:1', from: digestOf('b'), to: digestOf('b') },
      { reference: 'r.example/app:latest', from: digestOf('b'), to: digestOf('a') },
    ]
    expect(formatTagChanges(changes).split('\n')).toEqual([
      'r.example/app:1       now',
      'r.example/app:latest  now',
      `  ${digestOf('a')}`,
      'r.example/app-base:1  unchanged',
      `  ${digestOf('b')}`,
      '',
    ])
  })
})
