import { describe, expect, it } from 'vitest'
import { errorData } from '../../src/model/error-data.js'
import {
  CancelledError,
  DefinitionError,
  EngineError,
  ERROR_CODES,
  HostError,
  PolyarchError,
  RegistryError,
  throwIfCancelled,
} from '../../src/model/errors.js'
import { isMissing } from '../../src/model/is-missing.js'

describe('error codes', () => {
  it('are different upper-case words', () => {
    expect(ERROR_CODES).toContain('DEFINITION_INVALID')
    for (const code of ERROR_CODES) expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length)
  })
})

describe('an error', () => {
  it('carries its code, node, hint and cause, and the name of its class', () => {
    const details = { node: 'app image', hint: 'try again', cause: 'why' }
    for (const of of [PolyarchError, EngineError, RegistryError, HostError]) {
      expect(new of('PUSH_FAILED', 'no', details)).toMatchObject({ name: of.name, code: 'PUSH_FAILED', ...details })
      expect(new of('PUSH_FAILED', 'no').message).toBe('no')
      expect(new of('PUSH_FAILED', 'no')).not.toHaveProperty('cause')
    }
  })

  it('of a registry has the status of its exchange, unless another one is given', () => {
    const exchange = { method: 'GET', url: 'https://r.example/v2/', status: 503 }
    expect(new RegistryError('NOT_FOUND', 'no', { exchange })).toMatchObject({ exchange, status: 503 })
    expect(new RegistryError('NOT_FOUND', 'no', { exchange, status: 404 }).status).toBe(404)
    expect(new RegistryError('NOT_FOUND', 'no').status).toBeUndefined()
  })

  it('of a definition states its one fault with the hint, or how many there are', () => {
    const fault = { path: 'app', message: 'no base', hint: 'name one' }
    const one = new DefinitionError([fault])
    expect(one).toMatchObject({ name: 'DefinitionError', code: 'DEFINITION_INVALID', hint: 'name one' })
    expect(one.message).toBe('app: no base')
    expect(one.issues).toEqual([fault])
    const { hint: _hint, ...plain } = fault
    expect(new DefinitionError([plain], 'USAGE')).toMatchObject({ code: 'USAGE', hint: undefined })
    const both = new DefinitionError([fault, plain])
    expect(both.message).toMatch(/^2 /)
    expect(both.hint).toBeUndefined()
    expect(new DefinitionError([]).message).toMatch(/^0 /)
  })

  it('of a cancelled run has the code CANCELLED and the reason of the signal', () => {
    const controller = new AbortController()
    expect(() => throwIfCancelled(undefined)).not.toThrow()
    expect(() => throwIfCancelled(controller.signal)).not.toThrow()
    controller.abort('enough')
    const cancelled = new CancelledError('enough')
    expect(() => throwIfCancelled(controller.signal)).toThrow(cancelled)
    expect(cancelled).toMatchObject({ name: 'CancelledError', code: 'CANCELLED', cause: 'enough' })
    expect(cancelled.message).toContain('cancelled')
  })
})

describe('an error as data', () => {
  it('has what the error has, and no property that it lacks', () => {
    expect(errorData(new HostError('TOOL_MISSING', 'no gpg', { node: 'base', hint: 'install it' }))).toStrictEqual({
      code: 'TOOL_MISSING',
      message: 'no gpg',
      node: 'base',
      hint: 'install it',
    })
    expect(errorData(new HostError('TOOL_MISSING', 'no gpg'))).toStrictEqual({
      code: 'TOOL_MISSING',
      message: 'no gpg',
    })
    const issues = [{ path: 'app', message: 'no base' }]
    expect(errorData(new DefinitionError(issues))).toStrictEqual({
      code: 'DEFINITION_INVALID',
      message: 'app: no base',
      issues,
    })
  })

  it('is UNEXPECTED for what others throw', () => {
    expect(errorData(new Error('boom'))).toStrictEqual({ code: 'UNEXPECTED', message: 'boom' })
    expect(errorData('boom')).toStrictEqual({ code: 'UNEXPECTED', message: 'boom' })
  })
})

describe('isMissing', () => {
  it('is true if the file or a directory of its path is not there', () => {
    const coded = (code: string) => Object.assign(new Error(code), { code })
    expect(['ENOENT', 'ENOTDIR', 'EACCES'].map((code) => isMissing(coded(code)))).toEqual([true, true, false])
    expect(isMissing(undefined)).toBe(false)
  })
})
