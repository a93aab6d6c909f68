import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import Docker from 'dockerode'
import { expect, it } from 'vitest'
import { freePort } from '../../../../../../test/support/free-port.js'
import { tempFolder } from '../../../../../../test/support/temp-folder.js'
import { Connection } from '../../../../src/builder/docker/connection/connection.js'
import { resolveEndpoint } from '../../../../src/builder/docker/connection/endpoint.js'
import { sweepImages } from '../../../../src/builder/docker/images/sweep-images.js'
import { startRegistry } from '../../../../src/registry-server/index.js'

it('removes names of builds under a closed port, and no other name', async () => {
  await using folder = await tempFolder('sweep')
  await using registry = await startRegistry({ directory: folder.path })
  const docker = new Docker()
  const repository = `sweep-${randomUUID()}/app`
  const key = `polyarch-${'0'.repeat(64)}`
  const closed = `127.0.0.1:${await freePort()}`
  const left = `${closed}/${repository}:${key}`
  const kept = [
    `${closed}/${repository}:1.0`,
    `${registry.host}/${repository}:${key}`,
    `registry.example.com/${repository}:${key}`,
  ]
  for (const name of [left, ...kept]) {
    const [, repo = '', tag = ''] = /^(.*):([^:]+)$/.exec(name) ?? []
    await new Promise<void>((resolve, reject) => {
      docker.importImage(Readable.from([Buffer.alloc(1024)]), { repo, tag }, (error, stream) => {
        if (error || stream === undefined) reject(error)
        else stream.on('end', resolve).on('error', reject).resume()
      })
    })
  }
  try {
    await using connection = new Connection(await resolveEndpoint({ env: process.env }), process.env)
    await sweepImages(connection, {})
    const images = await docker.listImages()
    const names = images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((name) => name.includes(repository))
    expect(names.toSorted()).toEqual(kept.toSorted())
  } finally {
    for (const name of kept) await docker.getImage(name).remove()
  }
})
