import { describe, expect, it } from 'vitest'
import { withLoadedImages } from '../../src/report/execute-report.js'
import type { Report } from '../../src/report/report.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }
const IMAGE = 'registry.example.com/app@sha256:1'

function node(pipeline: string, platform: Report['nodes'][number]['platform'] & {}): Report['nodes'][number] {
  return { node: `${pipeline} image`, pipeline, kind: 'image', platform, outcome: 'made' }
}

const DATA: Report = {
  version: 1,
  outcome: 'succeeded',
  nodes: [node('app', AMD64), node('app', ARM), node('tool', AMD64)],
  tags: [],
  notes: [],
  loaded: [{ pipeline: 'app', platform: AMD64, reference: IMAGE, names: [] }],
}

describe('the report of execute', () => {
  const report = withLoadedImages(DATA)

  it('has the same data as the events, also as JSON and as a copy', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(DATA)
    expect(structuredClone(report)).toEqual(DATA)
  })

  it('returns a loaded image, also by an alias of its platform', () => {
    expect(report.image('linux/amd64', 'app')).toBe(IMAGE)
    expect(report.image('x86_64', 'app')).toBe(IMAGE)
  })

  it.each([
    ['linux/amd64', undefined, 'app and tool have an image for linux/amd64', "name one: image('linux/amd64', 'app')"],
    ['linux/s390x', undefined, 'the run has no image for linux/s390x', 'platforms: linux/amd64, linux/arm/v7'],
    ['linux/arm/v7', 'tool', 'the run has no image for linux/arm/v7', 'platforms: linux/amd64'],
    ['a/b/c/d', undefined, "'a/b/c/d' is not valid", /./],
    ['linux/amd64', 'ap', "the run has no pipeline 'ap'", "did you mean 'app'?"],
    [
      'linux/amd64',
      'tool',
      'the image of tool for linux/amd64 is not loaded into the engine',
      "load it: execute(…, { load: ['linux/amd64'] })",
    ],
  ] as const)('rejects %s of pipeline %s: %s', (platform, pipeline, message, hint) => {
    expect(() => report.image(platform, pipeline)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        issues: [
          {
            path: 'image',
            message: expect.stringContaining(message),
            hint: typeof hint === 'string' ? hint : expect.stringMatching(hint),
          },
        ],
      }),
    )
  })
})
