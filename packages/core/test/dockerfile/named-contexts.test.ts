import { expect, it } from 'vitest'
import { analyze } from '../../src/dockerfile/analysis.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'

const ARG = 'ARG BASE_IMAGE\n'
const BASE = 'FROM ${BASE_IMAGE} AS base\n'
const HEAD = ARG + BASE

function of(text: string, contexts: readonly string[] = ['app', 'golang'], baseNames: readonly string[] = []) {
  const input = { platform: { os: 'linux', architecture: 'arm64' }, args: {}, baseNames, contexts: new Set(contexts) }
  return analyze(parseDockerfile(text), input)
}

it.each([
  ['COPY --from', `${HEAD}COPY --from=app / /\n`, true],
  ['a mount', `${HEAD}RUN --mount=from=app,target=/app true\n`, true],
  ['FROM', `${ARG}FROM app AS other\n${BASE}COPY --from=other / /\n`, true],
  ['FROM for the builder', `${ARG}FROM --platform=$BUILDPLATFORM app AS other\n${BASE}COPY --from=other / /\n`, false],
  [
    'FROM by the name of an image',
    `${ARG}FROM docker.io/library/app:latest AS other\n${BASE}COPY --from=other / /\n`,
    true,
  ],
  ['a stage in its place', `${ARG}FROM scratch AS App\nCOPY left /\n${BASE}COPY --from=0 / /\n`, true],
  ['FROM of a stage in its place', `${ARG}FROM alpine AS app\nFROM app AS other\n${BASE}COPY --from=other / /\n`, true],
])('a context is read by %s', (_what, text, isForTarget) => {
  expect(of(text)).toMatchObject({
    contexts: [{ name: 'app', isForTarget }],
    externals: [],
    contextPaths: [],
    issues: [],
  })
})

it('a context of another name is not read, and an image is', () => {
  expect(of(`${HEAD}COPY --from=app:2 / /\n`)).toMatchObject({
    contexts: [],
    externals: [{ name: 'docker.io/library/app:2' }],
  })
  expect(of(`${ARG}FROM app AS unused\n${BASE}`)).toMatchObject({ contexts: [], externals: [] })
})

it('another frontend may read all of them', () => {
  expect(of(`# syntax=example.com/frontend\n${HEAD}`).contexts.map(({ name }) => name)).toEqual(['app', 'golang'])
})

it('a context with the name of the base is rejected', () => {
  const { issues } = of('FROM example.com/base:latest\n', ['example.com/base'], ['example.com/base'])
  expect(issues).toMatchObject([{ message: expect.stringContaining('would replace it') }])
})
