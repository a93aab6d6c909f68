import { describe, expect, it } from 'vitest'
import { makeCertificate } from '../../../../../test/support/certificate.js'
import { tempFolder } from '../../../../../test/support/temp-folder.js'
import { Agents } from '../../../src/registry/http/agents.js'
import { Hosts } from '../../../src/registry/http/hosts.js'

const address = new URL('https://registry.example.com/v2/')

describe('Agents', () => {
  it('parses the authorities of a host once, not for each connection', async () => {
    await using folder = await tempFolder('agents')
    const { certificate } = await makeCertificate(folder.path)
    const agents = new Agents(new Hosts({ hosts: { 'registry.example.com': { ca: certificate } } }), false)
    const [first, second] = [await agents.routeTo(address), await agents.routeTo(address)]
    expect(first.secureContext).toBeDefined()
    expect(second.secureContext).toBe(first.secureContext)
    expect(first).not.toHaveProperty('ca')
  })

  it('leaves a host without certificates to the defaults of node', async () => {
    const agents = new Agents(new Hosts({}), false)
    expect(await agents.routeTo(address)).not.toHaveProperty('secureContext')
  })
})
