import { expect, test } from 'vitest'
import { BuildSources } from '../../../src/builder/buildkit/build-sources.js'
import { digestOf } from '../../../src/model/digest.js'

const A = digestOf('a')
const B = digestOf('b')

function sourcesOf(...names: readonly string[]) {
  const sources = new BuildSources()
  const rest = { digest: '', cached: false, started: null, completed: null, error: '' }
  sources.add({ vertexes: names.map((name) => ({ ...rest, name })) })
  return sources.list()
}

test.each<[string, readonly string[], ReturnType<typeof sourcesOf>]>([
  [
    'an image of a FROM',
    [
      '[internal] load metadata for docker.io/library/alpine:3.22',
      `[stage-0 1/2] FROM docker.io/library/alpine:3.22@${A}`,
    ],
    [{ kind: 'image', name: 'docker.io/library/alpine:3.22', digest: A }],
  ],
  [
    'an image on a host with a port, of a multi-platform step',
    ['[linux/arm/v7 internal] load metadata for 127.0.0.1:5000/a:1', `[linux/arm/v7 1/1] FROM 127.0.0.1:5000/a:1@${A}`],
    [{ kind: 'image', name: '127.0.0.1:5000/a:1', digest: A }],
  ],
  [
    'a frontend',
    [
      'resolve image config for docker-image://docker.io/docker/dockerfile:1',
      `docker-image://docker.io/docker/dockerfile:1@${B}`,
    ],
    [{ kind: 'image', name: 'docker.io/docker/dockerfile:1', digest: B }],
  ],
  [
    'an image without a digest',
    ['FROM r.example.com/tool:1'],
    [{ kind: 'image', name: 'r.example.com/tool:1', digest: undefined }],
  ],
  ['nothing of a name with a digest', [`[internal] load metadata for a.io/b@${A}`, `[1/1] FROM a.io/b@${A}`], []],
  ['what ADD fetches', ['https://example.com/a.tar'], [{ kind: 'remote', url: 'https://example.com/a.tar' }]],
  [
    'what ADD of newer versions fetches',
    ['[stage-0 2/3] ADD --chmod=755 https://example.com/a.tar git@example.com:b.git#main c /d/'],
    [
      { kind: 'remote', url: 'https://example.com/a.tar' },
      { kind: 'remote', url: 'git@example.com:b.git#main' },
    ],
  ],
  [
    'what ADD of a trigger fetches',
    ['[linux/arm/v7 2/3] ONBUILD ADD https://example.com/a.tar /'],
    [{ kind: 'remote', url: 'https://example.com/a.tar' }],
  ],
  [
    'what ADD of a list fetches, with spaces',
    ['[2/3] ONBUILD ADD [https://example.com/a b, /c d]'],
    [{ kind: 'remote', url: 'https://example.com/a b' }],
  ],
  ['nothing that a checksum pins', [`[2/3] ADD --checksum=${A} https://example.com/a.tar /`], []],
  ['no target of an ADD', ['[2/3] ADD a /https://example.com', '[2/3] ADD a https://example.com'], []],
  ['no heredoc of an ADD', ['[2/3] ADD <<X /https://example.com'], []],
  ['no text of a RUN', ['[2/3] RUN curl https://example.com/a'], []],
])('finds %s', (_what, names, found) => {
  expect(sourcesOf(...names)).toEqual(found)
})
