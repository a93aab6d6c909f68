import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { readStates } from '../../src/registry/name-state.js'
import { startScriptedServer } from './scripted-server.js'

const index = encodeManifest({ schemaVersion: 2, manifests: [] }, MEDIA_TYPES.ociIndex)
const to = index.descriptor.digest
const other = digestOf('other')

/** The state of a tag whose registry returns the index with the given digest header, or 404 without one. */
async function stateOf(stated: string | undefined, isWritten: boolean, before?: typeof other) {
  await using server = await startScriptedServer(() => {
    if (stated === undefined) return { status: 404 }
    const headers = {
      'content-type': MEDIA_TYPES.ociIndex,
      'content-length': `${index.bytes.byteLength}`,
      'docker-content-digest': stated,
    }
    return { status: 200, headers, body: Buffer.from(index.bytes) }
  })
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const reference = { registry: server.host, repository: 'app', tag: '1.0' }
  const [state] = await readStates([{ reference, before, to, isWritten }], registry)
  return state?.now
}

describe('the state of a tag after a failure', () => {
  it('is the digest that the registry reports', async () => {
    expect(await stateOf(to, true)).toBe(to)
  })

  it('is unknown if the reported digest does not match the content', async () => {
    expect(await stateOf(other, true)).toBe('unknown')
  })

  it('is unknown if the registry reports the previous digest with other content', async () => {
    expect(await stateOf(other, true, other)).toBe('unknown')
  })

  it('is unknown if the registry does not find a tag whose write it confirmed', async () => {
    expect(await stateOf(undefined, true)).toBe('unknown')
    expect(await stateOf(undefined, false)).toBeUndefined()
  })

  it('is unknown if the registry does not find a tag that existed before', async () => {
    expect(await stateOf(undefined, false, other)).toBe('unknown')
  })
})
