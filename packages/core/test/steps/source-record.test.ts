import { expect, test } from 'vitest'
import { analyze } from '../../src/dockerfile/analysis.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'
import { digestOf } from '../../src/model/digest.js'
import {
  encodeSources,
  makeSourceRecord,
  readSources,
  SOURCES_ANNOTATION,
} from '../../src/steps/image/sources/source-record.js'

const DIGEST = digestOf('an image')
const COMMIT = 'a'.repeat(40)

function recordOf(pinnedRemotes: readonly string[], ...urls: readonly string[]) {
  return makeSourceRecord({
    sources: [
      { kind: 'image', name: 'r.example.com/tool:1', digest: DIGEST },
      { kind: 'image', name: 'r.example.com/base:1', digest: DIGEST },
      { kind: 'image', name: 'r.example.com/local:1', digest: undefined },
      ...urls.map((url) => ({ kind: 'remote' as const, url })),
    ],
    namesInKey: new Set(['r.example.com/base:1']),
    pinnedRemotes: new Set(pinnedRemotes),
    resolve: async (_name, digest) => ({ index: digest, image: digest }),
    context: undefined,
  })
}

test('records unpinned sources, and omits the base, pinned sources and the credentials in URLs', async () => {
  const dockerfile = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
ARG VERSION=1
ADD --checksum=${DIGEST} https://example.com/\${VERSION}.tar /
`
  const platform = { os: 'linux', architecture: 'amd64' }
  const { pinnedRemotes, unpinned } = analyze(parseDockerfile(dockerfile), { platform, args: {}, baseNames: [] })
  expect({ pinnedRemotes, unpinned }).toEqual({ pinnedRemotes: ['https://example.com/1.tar'], unpinned: [] })
  const urls = [
    'https://example.com/1.tar',
    `https://example.com/r.git#${COMMIT}`,
    'https://me:pw@example.com/a?token=t',
  ]
  const record = await recordOf(pinnedRemotes, ...urls)
  expect(record).toEqual({
    images: { 'r.example.com/tool:1': { index: DIGEST, image: DIGEST } },
    unverifiable: ['r.example.com/local:1', 'https://example.com/a'],
  })
  expect(readSources({ [SOURCES_ANNOTATION]: encodeSources(record) })).toEqual(record)
})

test.each([
  undefined,
  '',
  '{',
  'null',
  '{"images":{},"unverifiable":"x"}',
  '{"images":{"a":{"index":"x","image":"y"}},"unverifiable":[]}',
  '{"images":{},"unverifiable":[],"context":{"paths":"some","digest":"x"}}',
])('returns undefined for the invalid record %j', (text) => {
  expect(readSources(text === undefined ? {} : { [SOURCES_ANNOTATION]: text })).toBeUndefined()
})
