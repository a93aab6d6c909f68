import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { readPattern } from '../../src/context/ignore-pattern.js'
import { listDirectory } from './listed.js'

let folder: TempFolder
let context: string
beforeEach(async () => {
  folder = await tempFolder('hostile-files')
  context = join(folder.path, 'context')
  await mkdir(context)
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch')
})
afterEach(() => folder[Symbol.asyncDispose]())

const listed = async () => {
  const { listing } = await listDirectory({ directory: context })
  return listing.entries.map(({ path }) => path).filter((path) => path !== 'Dockerfile')
}
const failure = () => listed().catch((error: unknown) => error)

describe('a .dockerignore', () => {
  it('that is a link out of the context is refused, and no line of the other file is shown', async () => {
    await writeFile(join(folder.path, 'private'), 'hunter2[\n')
    await symlink('../private', join(context, '.dockerignore'))
    const error = await failure()
    expect(error).toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining('leads out of the context'),
    })
    expect(JSON.stringify(error)).not.toContain('hunter2')
  })

  it('that is a link within the context holds', async () => {
    await writeFile(join(context, 'rules'), 'left-out\n')
    await writeFile(join(context, 'left-out'), '')
    await symlink('rules', join(context, '.dockerignore'))
    expect(await listed()).toEqual(['.dockerignore', 'rules'])
  })

  it.each(['pipe', 'folder'])('that is a %s is an error, which is not waited for', async (kind) => {
    await runProgram(kind === 'pipe' ? 'mkfifo' : 'mkdir', [join(context, '.dockerignore')])
    expect(await failure()).toMatchObject({
      code: 'CONTEXT_UNREADABLE',
      message: "context file '.dockerignore' cannot be read",
    })
  })

  it('in UTF-16 is an error with the command that converts it', async () => {
    await writeFile(join(context, '.dockerignore'), Buffer.from('\uFEFFa\r\n', 'utf16le'))
    expect(await failure()).toMatchObject({
      message: '.dockerignore: is UTF-16, not UTF-8',
      hint: expect.stringContaining('iconv'),
    })
  })
})

describe('a Dockerfile', () => {
  it.each([
    ['UTF-16 with a byte order mark', Buffer.from('\uFEFFFROM scratch', 'utf16le'), /is UTF-16/],
    ['UTF-16 without one', Buffer.from('FROM scratch', 'utf16le'), /NUL characters/],
    ['big-endian UTF-16', Buffer.from('\uFEFFFROM x', 'utf16le').swap16(), /is UTF-16/],
  ])('in %s is an error', async (_what, bytes, says) => {
    await writeFile(join(context, 'Dockerfile'), bytes)
    expect(await failure()).toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringMatching(says),
      hint: expect.any(String),
    })
  })
})

describe('a pattern', () => {
  it.each([
    ['*a*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(4000)],
    [`${'**/'.repeat(50)}b`, 'a/'.repeat(2000)],
    [`${'*?'.repeat(200)}b`, 'a'.repeat(4000)],
    [`**${'*'.repeat(4000)}b`, 'a'.repeat(4000)],
  ])('with many wildcards is compared in no time (%#)', (line, path) => {
    const pattern = readPattern(line)
    const began = performance.now()
    expect(pattern?.matches(path)).toBe(false)
    expect(performance.now() - began).toBeLessThan(2000)
  })

  it('matches what the same regular expression matches', () => {
    const part = fc.constantFrom('a', 'b', '/', '*', '**', '**/', '?', '[ab]', '[^a]', '\\a')
    const line = fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => `a${parts.join('')}b`)
    const path = fc.array(fc.constantFrom('a', 'b', '/'), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(line, path, (text, name) => {
        const pattern = readPattern(text)
        fc.pre(pattern !== undefined)
        expect(pattern?.matches(name)).toBe(expressionOf(pattern?.text ?? '').test(name))
      }),
      { numRuns: 3000 },
    )
  })
})

/** The pattern in the language of regular expressions, which take more than linear time for some. */
function expressionOf(text: string): RegExp {
  const source = text.replaceAll(/\*\*$|\*\*\/?|\\.|\[[^\]]+\]|./g, (token) => {
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    return token.startsWith('**') ? '(?:.*/)?' : token
  })
  return new RegExp(`^${source}$`, 's')
}
