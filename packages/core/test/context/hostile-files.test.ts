import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { processorTime } from '../../../../test/support/processor-time.js'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { readPattern } from '../../src/context/patterns/ignore-pattern.js'
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

describe('a Dockerfile', () => {
  it.each(['Dockerfile', 'docker/Dockerfile'])('%s that is a link out of the context is refused', async (name) => {
    await writeFile(join(folder.path, 'private'), 'machine x password hunter2\n')
    await rm(join(context, 'Dockerfile'))
    await mkdir(join(context, 'docker'))
    await symlink(join(folder.path, 'private'), join(context, name))
    const error = await listDirectory({ directory: context, dockerfile: name }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining('link to a file outside of the context'),
    })
    expect(JSON.stringify(error)).not.toContain('hunter2')
  })

  it.each(['../shared/Dockerfile', '../shared/link', 'inside'])('at %s is read, links included', async (name) => {
    await mkdir(join(folder.path, 'shared'))
    await writeFile(join(folder.path, 'shared', 'Dockerfile'), 'FROM scratch')
    await symlink('Dockerfile', join(folder.path, 'shared', 'link'))
    await symlink('Dockerfile', join(context, 'inside'))
    await expect(listDirectory({ directory: context, dockerfile: name })).resolves.toBeDefined()
  })
})

describe('a .dockerignore', () => {
  it('that is a link out of the context is rejected, and no line of the other file is shown', async () => {
    await writeFile(join(folder.path, 'private'), 'hunter2[\n')
    await symlink('../private', join(context, '.dockerignore'))
    const error = await failure()
    expect(error).toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining('link to a file outside of the context'),
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
  ])('with many wildcards is compared in no time (%#)', async (line, path) => {
    const pattern = readPattern(line)
    const match = () => expect(pattern?.matches(path)).toBe(false)
    expect(await processorTime(match)).toBeLessThan(2000)
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

describe('symbolic links', () => {
  const select = (...paths: readonly string[]) => listDirectory({ directory: context, paths })
  const paths = async (...wanted: readonly string[]) =>
    (await select(...wanted)).listing.entries.map(({ path }) => path)
  const linkEach = async (count: number, target: (before: string) => string) => {
    for (let n = 1; n <= count; n++) await symlink(target(`a${n - 1}`), join(context, `a${n}`))
  }
  const tooMany = { code: 'CONTEXT_UNREADABLE', message: expect.stringContaining('more than 255 symbolic links') }

  it('that multiply when they are followed are rejected', async () => {
    await symlink('.', join(context, 'a0'))
    await linkEach(18, (before) => `${before}/${before}`)
    await expect(select('a18')).rejects.toMatchObject(tooMany)
    await expect(select('*/*/*')).rejects.toMatchObject(tooMany)
    expect(await paths('a3/Dockerfile')).toEqual(['Dockerfile', 'a0', 'a1', 'a2', 'a3'])
  })

  it('that lead nowhere, and would multiply, end if nothing is', async () => {
    await linkEach(18, (before) => `${before}/${before}`)
    expect(await paths('a18')).toHaveLength(18)
  })

  it('are followed as often as BuildKit does', async () => {
    await writeFile(join(context, 'a0'), '')
    await linkEach(256, (before) => before)
    expect(await paths('a255')).toHaveLength(256)
    await expect(select('a256')).rejects.toMatchObject(tooMany)
  })

  it('whose path grows with each circle are rejected', async () => {
    await symlink('grows/x', join(context, 'grows'))
    await expect(select('grows')).rejects.toMatchObject(tooMany)
  })

  it('to one directory are followed once', async () => {
    for (let n = 0; n < 300; n++) await symlink('.', join(context, `here${n}`))
    expect(await paths('*/*/*/*/*/*/Dockerfile')).toHaveLength(301)
  })

  it('whose long paths add up are rejected', async () => {
    await symlink('.', join(context, 'd'))
    const target = 'd/'.repeat(250) + `${'y'.repeat(200)}/`.repeat(15)
    for (let n = 0; n < 10; n++) await symlink(`${target}${n}`, join(context, `long${n}`))
    await expect(select('long*')).rejects.toMatchObject({
      code: 'CONTEXT_UNREADABLE',
      message: expect.stringContaining('goes through too many symbolic links'),
    })
    expect(await paths('long1')).toEqual(['d', 'long1'])
  })
})
