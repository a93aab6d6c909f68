import { expect, it } from 'vitest'
import { planMarkdown } from '../../action/src/comment.js'
import { missingArchitectures } from '../../action/src/emulators.js'

const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }
const AMD64 = { os: 'linux', architecture: 'amd64' }

/** A plan with one image to build for ARM, and one for amd64. */
function planOf(action: 'create' | 'reuse', engines: readonly object[]) {
  const node = (platform: object) => ({ kind: 'image', action, platform })
  return { nodes: [node(ARM), node(AMD64), { kind: 'base', action: 'copy', platform: ARM }], engines } as never
}

/** A plan with an image that cross-compiles for ARM. */
function placed(engines: readonly object[]) {
  return { nodes: [{ kind: 'image', action: 'create', platform: ARM, execution: 'native' }], engines } as never
}

it.each([
  ['no engine runs the platform', planOf('create', [{ engine: 'a', native: AMD64, emulated: [] }]), ['arm']],
  ['an engine emulates it', planOf('create', [{ engine: 'a', native: AMD64, emulated: [ARM] }]), []],
  [
    'another engine runs it',
    planOf('create', [
      { engine: 'a', native: AMD64 },
      { engine: 'b', native: ARM },
    ]),
    [],
  ],
  ['a builder needs none for it', placed([{ engine: 'a', native: AMD64, emulated: [] }]), []],
  ['nothing is built', planOf('reuse', [{ engine: 'a', native: AMD64 }]), []],
  ['no engine answers', planOf('create', [{ engine: 'a', error: { code: 'ENGINE_UNREACHABLE' } }]), []],
])('emulators are needed where %s', (_what, plan, expected) => {
  expect(missingArchitectures(plan)).toEqual(expected)
})

it('a plan is quoted by more backquotes than it has, and cut to what a comment can have', () => {
  expect(planMarkdown('a ``` b\n', 'build.ts')).toContain('````text\na ``` b\n````\n')
  const long = planMarkdown('x'.repeat(100_000), 'build.ts')
  expect(long.length).toBeLessThan(65_536)
  expect(long).toContain('… (cut')
})
