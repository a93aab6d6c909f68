import { describe, expect, it } from 'vitest'
import { analyze } from '../../src/dockerfile/analysis.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'

const NAME = 'registry.example.com/team/from:2.1'

describe('the image that is the base of every platform', () => {
  const IMAGE = 'docker.io/library/alpine:3.22'
  const read = (text: string, contexts: readonly string[] = [], baseImage = 'alpine:3.22') =>
    analyze(parseDockerfile(text), {
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
      args: {},
      baseNames: [NAME],
      baseImage,
      contexts: new Set(contexts),
    })

  it.each(['FROM alpine:3.22\n', `FROM ${IMAGE} AS build\nFROM scratch\nCOPY --from=build / /\n`])(
    'is the base by its own name: %j',
    (text) => {
      expect(read(text)).toMatchObject({ baseNames: [NAME, 'alpine:3.22'], externals: [], issues: [] })
      expect(read(text).literalBases).toHaveLength(1)
    },
  )

  it.each([
    [
      'the Dockerfile names the base by its arg',
      'ARG BASE_IMAGE\nFROM alpine:3.22 AS tools\nFROM ${BASE_IMAGE}\nCOPY --from=tools /a /a\n',
    ],
    [
      'the Dockerfile has another name of the base',
      `FROM alpine:3.22 AS tools\nFROM ${NAME}\nCOPY --from=tools /a /a\n`,
    ],
  ])('is an image like others if %s', (_when, text) => {
    expect(read(text)).toMatchObject({ baseNames: [NAME], externals: [{ name: IMAGE }], issues: [] })
  })

  it('is no base if a stage uses it for the platform of the builder, which the base may lack', () => {
    const text = 'FROM --platform=$BUILDPLATFORM alpine:3.22 AS build\nFROM alpine:3.22\nCOPY --from=build /a /a\n'
    expect(read(text)).toMatchObject({ baseNames: [NAME], literalBases: [], externals: [{ name: IMAGE }] })
    expect(read(text).issues).toHaveLength(1)
  })

  it('is no base if a named context replaces it', () => {
    expect(read('FROM alpine:3.22\n', ['alpine:3.22']).literalBases).toEqual([])
  })

  it('is no base with a digest, which may name the image of one platform', () => {
    const pinned = `alpine@sha256:${'a'.repeat(64)}`
    expect(read(`FROM ${pinned}\n`, [], pinned)).toMatchObject({ baseNames: [NAME], literalBases: [] })
  })
})
