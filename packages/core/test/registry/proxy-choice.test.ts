import { describe, expect, test } from 'vitest'
import { createRegistry } from '../../src/registry/client.js'
import { proxyFor } from '../../src/registry/http/proxy-choice.js'

const PROXY = 'http://proxy.example:3128'

describe('proxyFor', () => {
  // Go's httpproxy returns the same results for these variables.
  test.each([
    ['192.0.2.0/24', 'http://192.0.2.2:5024/', false],
    ['192.0.2.0/24', 'http://192.0.3.2:5024/', true],
    ['2001:db8::/32', 'https://[2001:db8::5]/', false],
    ['10.0.0.0/99', 'http://10.0.0.1/', true],
    ['192.0.2.2', 'http://192.0.2.2:5024/', false],
    ['192.0.2.2:5024', 'http://192.0.2.2:5024/', false],
    ['192.0.2.2:5025', 'http://192.0.2.2:5024/', true],
    ['[2001:db8::5]:443', 'https://[2001:db8::5]/', false],
    ['2001:db8::5', 'https://[2001:db8::5]/', false],
    ['example.com', 'https://example.com/', false],
    ['example.com', 'https://a.example.com/', false],
    ['example.com', 'https://notexample.com/', true],
    ['.example.com', 'https://a.example.com/', false],
    ['.example.com', 'https://example.com/', true],
    ['*.example.com', 'https://a.example.com/', false],
    ['*.example.com', 'https://example.com/', true],
    ['example.com:443', 'https://example.com/', false],
    ['example.com:80', 'https://example.com/', true],
    ['a.example, EXAMPLE.com ,b.example', 'https://example.com/', false],
    ['a.example b.example', 'https://b.example/', true],
    ['*', 'https://example.com/', false],
    [':443,,', 'https://example.com/', true],
    ['', 'https://example.com/', true],
  ])("with NO_PROXY '%s', uses the proxy for %s: %s", (excluded, url, through) => {
    const env = { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, NO_PROXY: excluded }
    expect(proxyFor(new URL(url), env)).toBe(through ? PROXY : '')
  })

  test.each([
    [{ HTTP_PROXY: PROXY }, 'https://a.example/', ''],
    [{ https_proxy: 'proxy.example:3128' }, 'https://a.example/', 'http://proxy.example:3128'],
    [{ HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1' }, 'https://a.example/', 'http://upper:1'],
  ])('for %j and %s, returns "%s"', (env, url, expected) => {
    expect(proxyFor(new URL(url), env)).toBe(expected)
  })
})

test('a connection error names the proxy without its credentials', async () => {
  process.env['HTTPS_PROXY'] = 'http://user:s3cret@127.0.0.1:1'
  try {
    await using client = createRegistry({ retry: { attempts: 1 } })
    const error = await client
      .getManifest({ registry: 'registry.example.com', repository: 'a', tag: 'b' })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('through the proxy http://127.0.0.1:1'),
      hint: expect.stringContaining('NO_PROXY'),
    })
    expect((error as Error).message).not.toContain('s3cret')
  } finally {
    delete process.env['HTTPS_PROXY']
  }
})
