import { expect, test } from 'vitest'
import type { OpenContext } from '../../src/context/context-file.js'
import type { BuildDefinition } from '../../src/definition/declare/build-settings.js'
import { createDockerfileReader, type DockerfileUser } from '../../src/steps/image/image-dockerfile.js'

const text = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG TARGETARCH\nCOPY ${TARGETARCH} /bin\n'

function userOf(id: string, architecture: string): DockerfileUser {
  const build = { context: { kind: 'none', directory: '/' }, dockerfile: 'Dockerfile', args: {}, contexts: {} }
  return { id, platform: { os: 'linux', architecture }, build: build as unknown as BuildDefinition, baseNames: [] }
}

test('the Dockerfile of an image is analyzed once, and parsed once for all platforms of a context', async () => {
  const context = { dockerfile: { text, file: 'Dockerfile', name: 'Dockerfile', mode: 0 } } as OpenContext
  let opened = 0
  const read = createDockerfileReader(async () => {
    opened += 1
    return context
  })
  const amd64 = await read(userOf('app amd64', 'amd64'), undefined)
  const arm64 = await read(userOf('app arm64', 'arm64'), undefined)
  expect(await read(userOf('app amd64', 'amd64'), undefined)).toBe(amd64)
  expect(arm64.dockerfile).toBe(amd64.dockerfile)
  expect([amd64, arm64].map(({ analysis }) => analysis.contextPaths)).toEqual([['amd64'], ['arm64']])
  expect(opened).toBe(2)
})
