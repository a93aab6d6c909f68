import { expect, test } from 'vitest'
import { findCredentials, registryAuthHeader } from '../../../src/builder/docker/registry-auth.js'

function decode(header: string): unknown {
  return JSON.parse(Buffer.from(header.replaceAll('-', '+').replaceAll('_', '/'), 'base64').toString())
}

test('is URL-safe base64 with padding, whatever the password', () => {
  const passwords = ['?>?>~~>', '\u00ff\u00fe\u00fb', 'a', 'ab', 'abc', '🔑?>']
  for (const password of passwords) {
    const header = registryAuthHeader('registry.example.com', { kind: 'password', username: 'me', password })
    expect(header).toMatch(/^[A-Za-z0-9_-]+={0,2}$/)
    expect(header.length % 4).toBe(0)
    expect(decode(header)).toEqual({ username: 'me', password, serveraddress: 'registry.example.com' })
  }
})

test('sends an identity token as such', () => {
  const header = registryAuthHeader('registry.example.com', { kind: 'identity-token', token: 't' })
  expect(decode(header)).toEqual({ identitytoken: 't', serveraddress: 'registry.example.com' })
})

test('has a value without a login too', () => {
  expect(registryAuthHeader('registry.example.com', undefined)).toBe('e30=')
})

test('uses the old key of Docker Hub', () => {
  const header = registryAuthHeader('docker.io', { kind: 'password', username: 'me', password: 'p' })
  expect(decode(header)).toMatchObject({ serveraddress: 'https://index.docker.io/v1/' })
})

test('requests from the store the exact host, and for docker.io by any of its names', async () => {
  const asked: string[] = []
  const store = {
    find: async (host: string) => {
      asked.push(host)
      return undefined
    },
  }
  const hosts = ['registry-1.docker.io', 'index.docker.io', 'docker.io', 'docker.io.example.com', 'example.com:5000']
  for (const host of hosts) await findCredentials(store, host, {})
  expect(asked).toEqual(['docker.io', 'docker.io', 'docker.io', 'docker.io.example.com', 'example.com:5000'])
})
