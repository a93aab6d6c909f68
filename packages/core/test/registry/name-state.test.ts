import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { readStates } from '../../src/registry/name-state.js'
import { startScriptedServer } from './scripted-server.js'

const index = encodeManifest({ schemaVersion: 2, manifests: [] }, MEDIA_TYPES.ociIndex)
const to = index.descriptor.digest
const other = digestOf('other')

/** The state of a name whose registry answers with one digest in headers, and with the index. */
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

describe('the state of a name after a failure', () => {
  it('is the digest that the registry states', async () => {
    expect(await stateOf(to, true)).toBe(to)
  })

  it('is unknown if the registry states another digest than the content has', async () => {
    expect(await stateOf(other, true)).toBe('unknown')
  })

  it('is unknown if the registry states the digest that the name held before, and has other content', async () => {
    expect(await stateOf(other, true, other)).toBe('unknown')
  })

  it('is unknown if the registry does not find a name that it confirmed', async () => {
    expect(await stateOf(undefined, true)).toBe('unknown')
    expect(await stateOf(undefined, false)).toBeUndefined()
  })

  it('is unknown if the registry does not find a name that it had before', async () => {
    expect(await stateOf(undefined, false, other)).toBe('unknown')
  })
})
