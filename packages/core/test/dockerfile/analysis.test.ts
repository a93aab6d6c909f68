import { describe, expect, it } from 'vitest'
import { type AnalysisInput, analyze } from '../../src/dockerfile/analysis.js'
import { replaceSpans } from '../../src/dockerfile/pin.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'

const NAME = 'registry.example.com/team/from:2.1'
const PINNED = `registry.example.com/team/from@sha256:${'a'.repeat(64)}`
const INPUT: AnalysisInput = {
  platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
  args: {},
  baseNames: [NAME],
}

const of = (text: string, input: Partial<AnalysisInput> = {}) => analyze(parseDockerfile(text), { ...INPUT, ...input })
const pin = (text: string) =>
  replaceSpans(
    text,
    of(text).literalBases.map((place) => ({ place, text: PINNED })),
  )

describe('the base by its arg', () => {
  it.each([
    'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n',
    'ARG BASE_IMAGE\nFROM $BASE_IMAGE AS build\nFROM build\n',
    'ARG BASE_IMAGE=debian\nFROM "${BASE_IMAGE}"\n',
    'ARG BASE_IMAGE\nARG FROM=${BASE_IMAGE}\nFROM ${FROM}\n',
    'ARG BASE_IMAGE\nFROM ${BASE_IMAGE:-debian}\n',
    '# escape=`\nARG BASE_IMAGE\nFROM `\n  ${BASE_IMAGE}\n',
    'arg BASE_IMAGE\nfrom --platform=$TARGETPLATFORM ${BASE_IMAGE}\n',
    'ARG BASE_IMAGE\nFROM --platform=${TARGETPLATFORM:-linux/amd64} ${BASE_IMAGE}\n',
    'ARG BASE_IMAGE\nFROM --platform=${TARGETOS}/${TARGETARCH} ${BASE_IMAGE}\n',
    'ARG BASE_IMAGE\nARG PLATFORM=linux/arm/v7\nFROM --platform=$PLATFORM ${BASE_IMAGE}\n',
  ])('is seen in %j', (text) => {
    expect(of(text)).toMatchObject({ usesBaseArg: true, literalBases: [], issues: [], externals: [] })
  })
})

describe('the base by a literal name', () => {
  it.each([
    [`FROM ${NAME}\n`, `FROM ${PINNED}\n`],
    [
      `FROM ${NAME} AS a\nFROM ${NAME}\nCOPY --from=a / /\n`,
      `FROM ${PINNED} AS a\nFROM ${PINNED}\nCOPY --from=a / /\n`,
    ],
    [
      `# FROM ${NAME}\nFROM ${NAME}\nRUN echo "FROM ${NAME}"\n`,
      `# FROM ${NAME}\nFROM ${PINNED}\nRUN echo "FROM ${NAME}"\n`,
    ],
    [`ARG V=2.1\nFROM registry.example.com/team/from:\${V}\n`, `ARG V=2.1\nFROM ${PINNED}\n`],
    [`FROM scratch\nCOPY --from=${NAME} /a /a\n`, `FROM scratch\nCOPY --from=${PINNED} /a /a\n`],
    [
      `FROM scratch\nRUN --mount=type=bind,from=${NAME},target=/m ls\n`,
      `FROM scratch\nRUN --mount=type=bind,from=${PINNED},target=/m ls\n`,
    ],
    [`FROM \\\r\n  ${NAME}\r\nRUN true\r\n`, `FROM \\\r\n  ${PINNED}\r\nRUN true\r\n`],
    [`FROM ${NAME}\nRUN <<EOF\nFROM ${NAME}\nEOF\n`, `FROM ${PINNED}\nRUN <<EOF\nFROM ${NAME}\nEOF\n`],
  ])('is replaced in its place: %j', (text, expected) => expect(pin(text)).toBe(expected))

  it('is recognized by any spelling of the name', () => {
    expect(of('FROM ubuntu', { baseNames: ['docker.io/library/ubuntu:latest'] }).literalBases).toHaveLength(1)
  })

  it('is put in only if the target’s stages use it', () => {
    const text = `FROM ${NAME} AS other\nFROM alpine:3 AS tools\nFROM ${NAME} AS wanted\nCOPY --from=TOOLS /x /x\nFROM other\n`
    const { literalBases, externals } = of(text, { target: 'wanted' })
    expect(literalBases.map(({ line }) => line)).toEqual([3])
    expect(externals.map(({ name }) => name)).toEqual(['docker.io/library/alpine:3'])
  })
})

describe('other images', () => {
  it('are found wherever they are named, expanded, and stages are not among them', () => {
    const text = [
      '# syntax=docker/dockerfile:1',
      'ARG TAG=3.22',
      'ARG BASE_IMAGE',
      'FROM alpine:${TAG} AS a',
      'FROM ${BASE_IMAGE}',
      'COPY --from=0 /x /x',
      'COPY --from=a /y /y',
      'COPY --from=ghcr.io/team/tool:1 /z /z',
      'RUN --mount=from=busybox,target=/b true',
    ].join('\n')
    expect(of(text).externals.map(({ name }) => name)).toEqual([
      'docker.io/library/alpine:3.22',
      'ghcr.io/team/tool:1',
      'docker.io/library/busybox:latest',
      'docker.io/docker/dockerfile:1',
    ])
    expect(of(text, { args: { TAG: '3.21' } }).externals[0]?.name).toBe('docker.io/library/alpine:3.21')
  })

  it('depend on the platform if the platform args do', () => {
    const text =
      'ARG BASE_IMAGE\nFROM ghcr.io/team/tool:${TARGETARCH}${TARGETVARIANT} AS t\nFROM ${BASE_IMAGE}\nCOPY --from=t /x /x'
    expect(of(text).externals.map(({ name }) => name)).toEqual(['ghcr.io/team/tool:armv7'])
  })

  it('and remote content is reported', () => {
    const { unpinned } = of('ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nADD https://example.com/a.tar /a\nADD local /b\n')
    expect(unpinned.map(({ text, line }) => [text, line])).toEqual([['https://example.com/a.tar', 3]])
  })

  it.each([
    ['in quotes', 'ADD "https://example.com/a" /a', ['https://example.com/a']],
    ['as JSON', 'ADD ["https://example.com/a b", "local", "/a/"]', ['https://example.com/a b']],
    ['of Git, by ssh', 'ADD ssh://git@example.com/a.git me@example.com:a.git /a', null],
    [
      'by an arg',
      'ARG URL\nADD $URL ${OTHER:-https://example.com/b} /a/',
      ['https://example.com', '${OTHER:-https://example.com/b}'],
    ],
    ['by what is set', 'ARG URL\nENV A=$URL/a B="local"\nADD ${A} $B /a/', ['https://example.com/a']],
    [
      'not in a here-document',
      'ADD <<EOF https://example.com/a /a\nhttps://example.com/b c\nEOF',
      ['https://example.com/a'],
    ],
    ['not with its checksum', `ADD --checksum=sha256:${'0'.repeat(64)} ["https://example.com/a", "/a"]`, []],
  ])('and remote content is reported %s', (_where, lines, expected) => {
    const text = `ARG BASE_IMAGE\nARG URL=https://example.com\nFROM \${BASE_IMAGE}\n${lines}\n`
    const all = expected ?? lines.split(' ').slice(1, -1)
    expect(of(text).unpinned.map((use) => use.text)).toEqual(all)
  })

  it('and remote content is reported by the args that the build gives', () => {
    const text = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG FROM=local\nADD $FROM /a\n'
    expect(of(text).unpinned).toEqual([])
    expect(of(text, { args: { FROM: 'http://example.com/a' } }).unpinned).toMatchObject([
      { text: 'http://example.com/a', line: 4 },
    ])
  })
})

it.each([
  ['a stage of the target declares it', 'FROM ${BASE_IMAGE}\nARG A=1 SOURCE_DATE_EPOCH\n', true],
  ['another stage declares it', 'FROM ${BASE_IMAGE} AS other\nARG SOURCE_DATE_EPOCH\nFROM ${BASE_IMAGE}\n', false],
  [
    'a comment and a command name it',
    'FROM ${BASE_IMAGE}\n# ARG SOURCE_DATE_EPOCH\nRUN ARG SOURCE_DATE_EPOCH\n',
    false,
  ],
])('whether the time is read, where %s', (_what, text, usesEpoch) => {
  expect(of(`ARG BASE_IMAGE\n${text}`)).toMatchObject({ usesEpoch, issues: [] })
})

describe('the base for another platform', () => {
  it.each<[string, string, Partial<AnalysisInput>]>([
    ['the builder', '$BUILDPLATFORM', {}],
    ['the builder, with a default', '${BUILDPLATFORM:-linux/arm/v7}', {}],
    ['another variant', 'linux/$TARGETARCH', { platform: { os: 'linux', architecture: 'arm', variant: 'v6' } }],
  ])('is reported: %s', (_what, platform, input) => {
    const text = `ARG BASE_IMAGE\nFROM --platform=${platform} $BASE_IMAGE\n`
    expect(of(text, input)).toMatchObject({ usesBaseArg: true, usesBaseElsewhere: true, issues: [] })
  })

  it('is none for an image of COPY, which BuildKit takes for the target', () => {
    const text = `FROM --platform=$BUILDPLATFORM alpine\nCOPY --from=${NAME} / /\nCOPY --from=busybox / /\n`
    const { usesBaseElsewhere, externals } = of(text)
    expect(usesBaseElsewhere).toBe(false)
    expect(externals.map(({ isForTarget }) => isForTarget)).toEqual([false, true])
  })
})

describe('issues', () => {
  it.each<[string, string, Partial<AnalysisInput>, string, string]>([
    ['neither base form', 'FROM alpine\n', {}, 'no stage of the target uses the base', `FROM ${NAME}`],
    ['an arg that is not declared', 'FROM ${BASE_IMAGE}\n', {}, 'which is not declared', 'ARG BASE_IMAGE'],
    ['no FROM', 'RUN true\n', {}, 'has no FROM', 'BASE_IMAGE'],
    ['an empty file', '', {}, 'has no FROM', 'BASE_IMAGE'],
    ['a FROM that is misspelt', 'ARG BASE_IMAGE\nFORM ${BASE_IMAGE}\n', {}, 'no FROM before FORM', 'write FROM'],
    [
      'an unknown target',
      'ARG BASE_IMAGE\nFROM $BASE_IMAGE AS one\n',
      { target: 'second' },
      "no stage 'second'",
      'available: one',
    ],
    [
      'a target that is misspelt',
      'ARG BASE_IMAGE\nFROM $BASE_IMAGE AS release\n',
      { target: 'relase' },
      "no stage 'relase'",
      "did you mean 'release'?",
    ],
    [
      'a base arg that is misspelt',
      'ARG BASE_IMGE\nFROM ${BASE_IMGE}\n',
      {},
      '${BASE_IMGE} is empty',
      'did you mean ${BASE_IMAGE}?',
    ],
    [
      'an image name that comes out empty',
      'ARG BASE_IMAGE\nFROM $NOTHING AS x\nFROM $BASE_IMAGE\nCOPY --from=x / /\n',
      {},
      '$NOTHING is empty',
      'default',
    ],
    [
      'a variable in COPY --from',
      'ARG BASE_IMAGE\nFROM $BASE_IMAGE AS x\nFROM $BASE_IMAGE\nARG S=x\nCOPY --from=${S} / /\n',
      {},
      "'${S}' is not expanded: COPY --from and RUN --mount=from do not support variables",
      'write FROM ${S} AS files',
    ],
    [
      'a variable in RUN --mount=from',
      'ARG BASE_IMAGE\nFROM $BASE_IMAGE\nRUN --mount=from=$TOOLS,target=/t true\n',
      {},
      "'$TOOLS' is not expanded",
      '--from=files',
    ],
    [
      'a base that a host is put before',
      'ARG HOST=mirror.example.com\nARG BASE_IMAGE\nFROM ${HOST}/${BASE_IMAGE}\n',
      {},
      "'${HOST}/${BASE_IMAGE}' extends ${BASE_IMAGE}, which is a full image name",
      'write FROM ${BASE_IMAGE}',
    ],
    [
      'a base that a tag is put after',
      'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}-slim\n',
      {},
      "'${BASE_IMAGE}-slim' extends ${BASE_IMAGE}",
      'write FROM ${BASE_IMAGE}',
    ],
  ])('%s', (_what, text, input, message, hint) => {
    const { issues } = of(text, input)
    const reported = issues.find((issue) => issue.message.includes(message))
    expect(reported, JSON.stringify(issues)).toBeDefined()
    expect(reported?.hint).toContain(hint)
  })
})

it('the base by way of other args is the base alone, whatever stands empty beside it', () => {
  expect(of('ARG BASE_IMAGE\nARG FROM=${BASE_IMAGE}\nARG PREFIX=\nFROM ${PREFIX}${FROM}\n').issues).toEqual([])
})

it.each([
  [
    'is named wrongly',
    'FROM scratch\nCOPY --from=biuld / /\n',
    { line: 3, hint: "line 4 names 'biuld': did you mean 'build'?" },
  ],
  ['is not named', 'FROM scratch\n', { line: 3, hint: expect.stringMatching(/^the stage 'build' of line 2 uses it/) }],
])('a stage on the base that %s is reported, with the line of the target', (_what, last, issue) => {
  expect(of(`ARG BASE_IMAGE\nFROM $BASE_IMAGE AS build\n${last}`).issues).toMatchObject([issue])
})

it('an arg of the base that is not declared is reported once', () => {
  expect(of('FROM ${BASE_IMAGE}\n').issues).toHaveLength(1)
})

it('a FROM that is misspelt is reported with its line', () => {
  expect(of('ARG BASE_IMAGE\n\nFORM $BASE_IMAGE\n').issues).toMatchObject([{ line: 3 }])
})

describe('hostile Dockerfiles', () => {
  it.each([
    ['a thousand lines', `ARG BASE_IMAGE\nFROM $BASE_IMAGE\n${'RUN echo x\n'.repeat(1000)}`],
    ['long continuation', `ARG BASE_IMAGE\nFROM $BASE_IMAGE\nRUN a ${'\\\n b '.repeat(2000)}\n`],
    [
      'stages that copy from all before',
      `ARG BASE_IMAGE\n${Array.from({ length: 120 }, (_, at) => `FROM $BASE_IMAGE AS s${at}\n${Array.from({ length: at }, (_one, other) => `COPY --from=s${other} / /\n`).join('')}`).join('')}`,
    ],
    ['deep nesting of defaults', `ARG BASE_IMAGE\nFROM ${'${A:-'.repeat(500)}$BASE_IMAGE${'}'.repeat(500)}\n`],
  ])('%s are read', (_what, text) => expect(of(text).issues).toEqual([]))

  it.each(['${', '${A', '${A:-', '$', '"', "'", '\\', '${A:-${B', '${:-x}'])('FROM %s is no crash', (word) => {
    expect(of(`FROM ${word}\n`).issues.length).toBeGreaterThan(0)
  })
})
