import { expect, test } from 'vitest'
import { parseImageConfig } from '../../src/registry/image-config.js'
import { escapeCiCommands, escapeJson } from '../../src/report/escape.js'
import { html } from '../../src/report/html/html.js'

const HOSTILE = '::set-env name=A::b ##[add-path]/x ##vso[task.x] ##VSO[task.x] \u009b2J \u202e \u2028 \u007f \u001b[2J'

test('JSON output contains no CI command and no control character, and parses to the same value', () => {
  const value = { [HOSTILE]: [HOSTILE] }
  for (const indent of [undefined, 2]) {
    const text = escapeJson(value, indent)
    expect(text).not.toMatch(/::|##\[|##vso\[|##VSO\[|[^\P{Cc}\n]|[\u2028\u202e]/u)
    expect(JSON.parse(text)).toEqual(value)
  }
})

test('text output contains no CI command', () => {
  const text = escapeCiCommands(`  ${HOSTILE}\n${HOSTILE}`)
  expect(text).not.toMatch(/^\s*::|##\[|##vso\[/im)
})

test('html escapes an object that merely has a `markup` field', () => {
  const foreign = JSON.parse('{"markup":"<form>"}')
  expect(html`<p>${foreign}</p>${[foreign]}`.markup).not.toContain('<form>')
})

test.each(['Entrypoint', 'Cmd', 'Env'])('rejects an image config with a wrong type in %s', (field) => {
  for (const value of ['text', 1, {}, [1], [null]]) {
    const bytes = Buffer.from(JSON.stringify({ config: { [field]: value } }))
    expect(() => parseImageConfig(bytes, 'config')).toThrow(expect.objectContaining({ code: 'MANIFEST_UNSUPPORTED' }))
  }
  expect(parseImageConfig(Buffer.from(JSON.stringify({ config: { [field]: null } })), 'config')).toBeDefined()
})
