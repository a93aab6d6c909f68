import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { formatInspections } from '../../src/report/text/inspection-text.js'

const held = (tag: string, digest: string) => ({
  reference: `registry.example.com/app:${tag}`,
  digest,
  manifest: { of: digest },
  images: [{ digest: digestOf('image'), size: 2_000_000, layers: 3 }],
})

test('content of several names is printed once, after all names', () => {
  const text = formatInspections([held('1.0', 'sha256:a'), held('latest', 'sha256:a'), held('0.9', 'sha256:b')])
  expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
    'registry.example.com/app:1.0@sha256:a',
    'registry.example.com/app:latest@sha256:a',
    '{',
    '  "of": "sha256:a"',
    '}',
    'platform  config   size    layers  digest               base',
    '-         nothing  2.0 MB  3       sha256:6105d6cc76af  -',
    '',
    'registry.example.com/app:0.9@sha256:b',
    '{',
    '  "of": "sha256:b"',
    '}',
    'platform  config   size    layers  digest               base',
    '-         nothing  2.0 MB  3       sha256:6105d6cc76af  -',
    '',
  ])
})
