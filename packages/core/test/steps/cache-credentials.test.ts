import { expect, it } from 'vitest'
import { completeCaches, noteLeftOutCaches } from '../../src/steps/image/secrets/cache-credentials.js'

const GHA = { type: 'gha', attributes: { scope: 'app' } }
const ACTIONS = { ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_RESULTS_URL: 'https://results', ACTIONS_CACHE_URL: '' }

it('adds GitHub Actions credentials from the environment', () => {
  expect(completeCaches([GHA], ACTIONS)).toEqual([
    { type: 'gha', attributes: { scope: 'app', token: 't', url: 'https://results' } },
  ])
  const second = { ...ACTIONS, ACTIONS_CACHE_SERVICE_V2: 'True' }
  expect(completeCaches([GHA], second)[0]?.attributes).toMatchObject({ url_v2: 'https://results' })
})

it('adds S3 credentials from the environment without overriding given attributes', () => {
  const cache = { type: 's3', attributes: { bucket: 'b', region: 'own' } }
  const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key', AWS_REGION: 'other' }
  expect(completeCaches([cache], env)).toEqual([
    { type: 's3', attributes: { bucket: 'b', region: 'own', access_key_id: 'id', secret_access_key: 'key' } },
  ])
})

it('omits GitHub Actions caches outside of GitHub Actions, with a note', () => {
  const registry = { type: 'registry', attributes: { ref: 'r' } }
  expect(completeCaches([GHA, registry], {})).toEqual([registry])
  const notes: unknown[] = []
  const call = { onEvent: (event: unknown) => void notes.push(event) }
  noteLeftOutCaches({ cacheFrom: [registry], cacheTo: [] }, {}, call)
  noteLeftOutCaches({ cacheFrom: [GHA], cacheTo: [] }, ACTIONS, call)
  expect(notes).toEqual([])
  noteLeftOutCaches({ cacheFrom: [registry], cacheTo: [GHA] }, {}, call)
  expect(notes).toEqual([{ kind: 'note', message: expect.stringContaining('ACTIONS_RUNTIME_TOKEN') }])
})
