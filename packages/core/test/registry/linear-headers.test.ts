import { expect, test } from 'vitest'
import { parseChallenges } from '../../src/registry/challenge.js'
import { parseByteRange } from '../../src/registry/content-range.js'
import { parseDockerConfig } from '../../src/registry/docker-config-file.js'
import { nextLink } from '../../src/registry/link-header.js'
import { parseRetryAfter } from '../../src/registry/retry-after.js'

const auths = (padded: string) =>
  JSON.stringify({ auths: { a: { auth: Buffer.from(`u:${padded}`).toString('base64') } } })
const parsers: readonly (readonly [string, (text: string) => unknown])[] = [
  ['Content-Range', parseByteRange],
  ['Link', nextLink],
  ['WWW-Authenticate', parseChallenges],
  ['Retry-After', (text) => parseRetryAfter(text, 0)],
  ['auth', (text) => parseDockerConfig(auths(text))],
]
const pieces = [
  ' ',
  ',',
  ', ',
  '<',
  '<,',
  '<a>;',
  '</a>; a="',
  ';a=',
  'bytes ',
  '0',
  '"',
  '\\"',
  'a ',
  'a="',
  '\0',
  '\t;',
]

test.each(parsers)('%s takes time in proportion to its length', (_, parse) => {
  for (const piece of pieces) {
    for (const end of ['', 'x', '"', '0-0/']) {
      const text = piece.repeat((256 * 1024) / piece.length) + end
      const before = performance.now()
      parse(text)
      // A quadratic parser needs minutes for 256 KiB.
      expect(performance.now() - before, `${JSON.stringify(piece)} and ${JSON.stringify(end)}`).toBeLessThan(1000)
    }
  }
})
