import { expect, test } from 'vitest'
import { mediaTypeHint } from '../../src/builder/build/media-type-hint.js'

test.each([
  ['error parsing HTTP 415 response body: unexpected end of JSON input: ""'],
  ['unexpected status from PUT request to http://r.example.com/v2/a/manifests/1: 415 Unsupported Media Type'],
  ['manifest invalid: mediaType application/vnd.docker.distribution.manifest.v2+json is not supported'],
])('returns a hint about media types for: %s', (message) => {
  expect(mediaTypeHint(message, 'docker')).toContain('containerd image store')
  expect(mediaTypeHint(message, 'oci')).toContain(".format('docker')")
})

test.each(['denied: requested access to the resource is denied', 'layer 4150 of 5'])(
  'returns no hint for: %s',
  (message) => {
    expect(mediaTypeHint(message, 'docker')).toBeUndefined()
  },
)
