import { describe, expect, it } from 'vitest'
import { analyze } from '../../src/dockerfile/analysis.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'

const of = (text: string) =>
  analyze(parseDockerfile(text), {
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    args: {},
    baseNames: [],
  })

describe('a build runs programs of other platforms than the builder’s', () => {
  const COMPILED = 'FROM --platform=$BUILDPLATFORM golang AS build\nRUN go build\n'
  const COPIED = 'FROM ${BASE_IMAGE}\nCOPY --from=build /app /app\n'

  it.each([
    ['a RUN of the last stage', `ARG BASE_IMAGE\n${COMPILED}${COPIED}RUN /app --version\n`],
    ['a RUN of a stage that it copies from', `ARG BASE_IMAGE\nFROM golang AS build\nRUN go build\n${COPIED}`],
    [
      'a stage for the target by name',
      `ARG BASE_IMAGE\nFROM --platform=$TARGETPLATFORM golang AS build\nRUN go build\n${COPIED}`,
    ],
    [
      'a stage for a platform that it names',
      `ARG BASE_IMAGE\nFROM --platform=linux/arm64 golang AS build\nRUN go build\n${COPIED}`,
    ],
    ['a trigger of its base stage', 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE} AS app\nONBUILD RUN make\nFROM app\n'],
    [
      'an image whose name is not known',
      'ARG BASE_IMAGE\nARG SOURCE_DATE_EPOCH\nFROM ${BASE_IMAGE} AS base\nFROM app:${SOURCE_DATE_EPOCH}\nCOPY --from=base / /\n',
    ],
    ['another frontend', `# syntax=example.com/other:1\nARG BASE_IMAGE\n${COPIED}`],
  ])('by %s', (_what, text) => {
    expect(of(text)).toMatchObject({ runsOnBuilderOnly: false })
  })

  it.each([
    ['only copies', `ARG BASE_IMAGE\n${COMPILED}${COPIED}`],
    [
      'has another stage with RUN that it does not need',
      `ARG BASE_IMAGE\nFROM alpine AS test\nRUN make test\n${COMPILED}${COPIED}`,
    ],
  ])('not if it %s', (_what, text) => {
    expect(of(text)).toMatchObject({ runsOnBuilderOnly: true })
  })
})
