import { describe, expect, test } from 'vitest'
import {
  DefinitionError,
  EngineError,
  ERROR_CODES,
  HostError,
  PolyarchError,
  RegistryError,
} from '../../src/model/errors.js'
import { hintFor } from '../../src/report/advice.js'
import { escapeCiCommands } from '../../src/report/escape.js'
import { painted } from '../../src/report/paint.js'
import { formatError } from '../../src/report/text/error-text.js'

describe('an error as text', () => {
  test('what and where, what to do, the code and the command that explains it', () => {
    const error = new HostError('TOOL_MISSING', 'mmdebstrap is not installed', {
      node: 'app base(linux/arm/v7)',
      hint: 'apt-get install mmdebstrap',
    })
    expect(formatError(error)).toBe(
      [
        'error: app base(linux/arm/v7): mmdebstrap is not installed',
        '  hint: apt-get install mmdebstrap',
        'code: TOOL_MISSING',
        'more: npx tsx build.ts explain TOOL_MISSING',
        '',
      ].join('\n'),
    )
  })

  test.each(ERROR_CODES)('%s has a hint, without a hint of its own too', (code) => {
    expect(formatError(new PolyarchError(code, 'it failed'))).toContain(`  hint: ${hintFor(code)}\ncode: ${code}\n`)
  })

  test('all issues of a definition, each with its place and hint', () => {
    const error = new DefinitionError([
      {
        path: "pipeline('app').platforms[0].release",
        message: "there is no release 'bokworm'",
        hint: "did you mean 'bookworm'?",
      },
      { path: 'Dockerfile:3', message: 'no such stage' },
    ])
    expect(formatError(error)).toBe(
      [
        "error: pipeline('app').platforms[0].release: there is no release 'bokworm'",
        "  hint: did you mean 'bookworm'?",
        'error: Dockerfile:3: no such stage',
        'code: DEFINITION_INVALID',
        'more: npx tsx build.ts explain DEFINITION_INVALID',
        '',
      ].join('\n'),
    )
  })

  test('what a build has printed neither draws on the terminal nor commands the CI system', () => {
    const message = 'the build failed\n  | \u001b]0;title\u0007\u001b[2Jgone\n::add-mask::everything\n##[debug]'
    const error = new EngineError('BUILD_FAILED', message, { hint: '\u001b[8mhidden' })
    const [what, log, ...rest] = escapeCiCommands(formatError(error)).split('\n')
    expect([what, log]).toEqual(['error: the build failed', '  | gone'])
    expect(rest.slice(0, 3)).toEqual(['| ::add-mask::everything', '## [debug]', '  hint: hidden'])
  })

  test('an unexpected error is printed with its stack and a request to report it', () => {
    expect(formatError(new TypeError('x is undefined'))).toMatch(
      /^unexpected error: TypeError: x is undefined\n {4}at /,
    )
    expect(formatError('thrown text')).toMatch(/^unexpected error: thrown text\n {2}hint: .*report/)
  })

  test('verbose adds causes and requests, without credentials', () => {
    const exchange = {
      method: 'PUT',
      url: 'https://reg.example/v2/app/manifests/1',
      status: 401,
      codes: ['UNAUTHORIZED'],
      requestId: 'r-17',
    }
    const socket = new Error('refused Bearer abc.def at https://me:secret@reg.example/token?service=s&sig=123')
    const inner = new RegistryError('REGISTRY_UNAUTHORIZED', 'PUT was answered with 401', { exchange, cause: socket })
    const error = new EngineError('PUSH_FAILED', 'the engine could not push', { cause: inner })
    expect(formatError(error)).not.toContain('cause:')
    const text = formatError(error, { verbose: true })
    expect(text.split('\n').slice(4, 7)).toEqual([
      'cause: RegistryError: PUT was answered with 401',
      'request: PUT https://reg.example/v2/app/manifests/1: answered with 401 UNAUTHORIZED, request id r-17',
      'cause: Error: refused Bearer [redacted] at https://reg.example/token?service=[redacted]&sig=[redacted]',
    ])
  })

  test('a cause that causes itself comes to an end', () => {
    const error = new EngineError('PUSH_FAILED', 'it failed')
    error.cause = error
    expect(formatError(error, { verbose: true }).length).toBeLessThan(2_000)
  })

  test('colours only repeat what words state', () => {
    expect(formatError(new HostError('TOOL_FAILED', 'it failed'), { paint: painted })).toContain(
      '\u001b[31merror:\u001b[39m it failed',
    )
  })
})
