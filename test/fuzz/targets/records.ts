import type { AptBase } from '../../../packages/core/src/definition/plugin/base-source.js'
import { aptFieldIssues } from '../../../packages/core/src/definition/plugin/kinds/apt-fields.js'
import { keyFingerprint } from '../../../packages/core/src/definition/plugin/kinds/openpgp-key.js'
import { formatLock, parseLock } from '../../../packages/core/src/lock/lock-text.js'
import { parseJson } from '../../../packages/core/src/model/json.js'
import { readRecorded } from '../../../packages/core/src/operations/images/recorded-digests.js'
import { createDrawing } from '../../../packages/core/src/report/graph/svg.js'
import { formatReportPage } from '../../../packages/core/src/report/html/report-page.js'
import { parseEvents } from '../../../packages/core/src/report/record/read-events.js'
import { RunRecorder } from '../../../packages/core/src/report/record/run-record.js'
import { reportOf } from '../../../packages/core/src/report/report.js'
import { parseDeb822Sources, parseListSources } from '../../../packages/core/src/rootfs/apt/apt-sources.js'
import { parseRelease } from '../../../packages/core/src/rootfs/apt/release-file.js'
import { PARTS_ANNOTATION, readParts } from '../../../packages/core/src/steps/image/image-parts.js'
import { readSources, SOURCES_ANNOTATION } from '../../../packages/core/src/steps/image/sources/source-record.js'
import { WHOLE } from '../../../packages/core/test/report/recorded-run.js'
import type { FuzzTarget } from '../target.js'
import { DIGEST, json } from './values.js'

const APT: AptBase = {
  kind: 'apt',
  distribution: 'debian',
  suite: 'trixie',
  architecture: 'armhf',
  components: ['main'],
  packages: [],
} as unknown as AptBase

const IMAGE = {
  'containerimage.digest': DIGEST,
  'containerimage.descriptor': { mediaType: 'x', digest: DIGEST, size: 1 },
}
const HASH = DIGEST.slice('sha256:'.length)
const EVENTS = [{ kind: 'events', version: 1 }, ...WHOLE].map(json).join('\n')

/** The events of a run up to its plan: a page of few sections, which is quick to make. */
const FEW_EVENTS = [
  { kind: 'events', version: 1 },
  ...WHOLE.slice(0, WHOLE.findIndex(({ kind }) => kind === 'planned') + 1),
]
  .map(json)
  .join('\n')

let started: ReturnType<typeof createDrawing> | undefined

/** One Graphviz for all pages: starting it takes three times as long as a picture. */
async function drawing() {
  started ??= createDrawing()
  const draw = await started
  return async (...given: Parameters<typeof draw>) => draw(...given)
}

async function record(input: Buffer) {
  const recorder = new RunRecorder()
  for await (const event of parseEvents(linesOf(input), 'x')) recorder.add(event)
  return recorder.record()
}

async function* linesOf(input: Buffer): AsyncGenerator<string> {
  yield* input.toString().split('\n')
}

export const RECORD_TARGETS: readonly FuzzTarget[] = [
  { name: 'events', seeds: [EVENTS], words: ['\n', ...WHOLE.map(({ kind }) => kind)], read: record },
  {
    name: 'report-page',
    seeds: [EVENTS, FEW_EVENTS],
    words: ['\n', '<script>'],
    read: async (input) => formatReportPage(await record(input), await drawing()),
  },
  {
    name: 'published-record',
    seeds: [
      json({
        app: {
          repository: 'r.example.com/app',
          'image.name': 'r.example.com/app:1,r.example.com/app:2',
          ...IMAGE,
          platforms: { 'linux/amd64': { repository: 'r.example.com/app', ...IMAGE } },
        },
      }),
      json({ ...reportOf(WHOLE), tags: [{ reference: 'r.example.com/app:1', to: DIGEST }] }),
    ],
    read: (input) => readRecorded(parseJson(input.toString())),
    errors: [SyntaxError],
  },
  {
    name: 'lock',
    seeds: [
      `polyarch.lock version 1\nbase docker.io/library/ubuntu:24.04 linux/amd64 index=${DIGEST} image=${DIGEST} type=x size=1 config=none policy=require-match\nimage a linux/arm/v7 index=${DIGEST} image=${DIGEST}\nrootfs /my%20files linux/arm sha256=${HASH}\napt debian/trixie/armhf/main linux/arm date=1 main/binary-armhf/Packages.xz=${HASH}\n`,
    ],
    words: ['%zz', '=', ' ', 'apt ', 'base '],
    read: (input) => formatLock(parseLock(input.toString(), 'x')),
  },
  {
    name: 'annotations',
    seeds: [
      json({
        base: DIGEST,
        context: DIGEST,
        dockerfile: DIGEST,
        args: { A: 'x' },
        labels: {},
        settings: { schema: 'x' },
      }),
      json({
        images: { a: { index: DIGEST, image: DIGEST } },
        unverifiable: ['a'],
        context: { digest: DIGEST, paths: 'all' },
      }),
    ],
    read(input) {
      const text = input.toString()
      return [readParts({ [PARTS_ANNOTATION]: text }), readSources({ [SOURCES_ANNOTATION]: text })]
    },
  },
  {
    name: 'release-file',
    seeds: [
      `Origin: Debian\nDate: Sat, 11 Oct 2025 10:00:00 UTC\nSHA256:\n ${HASH} 123 main/binary-armhf/Packages.xz\n ${HASH} 1 x\n`,
    ],
    words: ['SHA256:\n', ' ', '\n ', HASH],
    read: (input) => parseRelease(input.toString(), APT),
  },
  {
    name: 'apt-sources',
    seeds: [
      'Types: deb\nURIs: http://archive.example.com/debian/\nSuites: trixie\nComponents: main\n',
      'deb [arch=a] http://a/ b main # c\n',
    ],
    words: ['URIs: ', '/', 'deb [', '] ', '\n\n'],
    read: (input) => [parseDeb822Sources(input.toString()), parseListSources(input.toString())],
  },
  {
    name: 'archive-words',
    seeds: ['trixie', 'http://archive.example.com/debian', '[trusted=yes]', '-o'],
    words: ['\n', '[', ']', '-', ' '],
    read(input) {
      const text = input.toString()
      return aptFieldIssues({ ...APT, suite: text, mirror: text, components: [text], packages: [text] } as never)
    },
  },
  {
    name: 'openpgp-key',
    seeds: ['-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxjMEZ\n=AAAA\n-----END PGP PUBLIC KEY BLOCK-----\n'],
    words: ['-----', '\n', '='],
    read: (input) => keyFingerprint(input.toString()),
  },
]
