import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DOCKERFILE, digestAt, type Stage, stage } from './stage.js'

/** Three pipelines for one platform: two declare the same shared base, and one of these is the base of the third. */
function buildText(host: string): string {
  return `
const on = (name) =>
  pipeline('${host}/team/' + name)
    .platforms(platform('amd64', { base: fromImage('${host}/bases/wide:1') }))
    .sharedBase('${host}/team/from:1')
    .build({ context: 'app', labels: { of: name } })
    .tags('1.0')
const [sdk, docs] = ['sdk', 'docs'].map(on)
const firmware = pipeline('${host}/team/firmware')
  .platforms(platform('amd64', { base: sdk }))
  .build({ context: 'app' })
  .tags('1.0')
run(sdk, docs, firmware)
`
}

describe('build.ts with several pipelines', () => {
  let set: Stage
  beforeAll(async () => {
    set = await stage()
    await set.folder.writeBuild(buildText(set.host))
  })
  afterAll(() => set[Symbol.asyncDispose]())

  const published = async (tag: string) => {
    const repositories = ['sdk', 'docs', 'firmware']
    const digests = await Promise.all(repositories.map((name) => digestAt(set.url, `team/${name}`, tag)))
    return repositories.filter((_name, at) => digests[at] !== undefined)
  }

  it('builds only the named pipelines, and copies their common shared base once', async () => {
    const { exitCode, stderr } = await set.folder.run(['sdk', 'docs'])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(await published('1.0')).toEqual(['sdk', 'docs'])
    const writes = set.writes()
    expect(writes.filter((request) => request.includes('/team/firmware/'))).toEqual([])
    const manifests = writes.filter((request) => request.startsWith('PUT /v2/team/from/manifests/'))
    const tags = manifests.map((request) => request.slice(request.lastIndexOf('/') + 1))
    // The base and its index are pushed by digest, the record of the base check by tag.
    expect(tags.filter((tag) => tag.startsWith('sha256:'))).toHaveLength(2)
    expect(tags.filter((tag) => tag.startsWith('polyarch-checked-'))).toHaveLength(1)
    expect(new Set(tags).size).toBe(tags.length)
    const plan = await set.folder.run(['plan', '--json'])
    const { nodes } = JSON.parse(plan.stdout) as { nodes: readonly { kind: string; pipeline: string }[] }
    const bases = nodes.filter(({ kind }) => kind.startsWith('base'))
    expect(bases.map(({ kind, pipeline }) => `${pipeline} ${kind}`).toSorted()).toEqual(['sdk base', 'sdk base-index'])
  })

  it('builds the dependencies of a named pipeline, and moves only the tags of the named pipeline', async () => {
    const before = await digestAt(set.url, 'team/sdk', '1.0')
    await set.folder.write({ 'app/Dockerfile': `${DOCKERFILE}ENV CHANGED=1\n` })
    set.requests()
    const { exitCode, stderr } = await set.folder.run(['firmware'])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(await published('1.0')).toEqual(['sdk', 'docs', 'firmware'])
    const writes = set.writes()
    expect(writes.filter((request) => request.startsWith('PUT /v2/team/sdk/manifests/'))).not.toEqual([])
    expect(writes.filter((request) => request.includes('/team/docs/'))).toEqual([])
    expect(await digestAt(set.url, 'team/sdk', '1.0')).toBe(before)
  })

  it('promotes only the named pipeline of a run record', async () => {
    expect(await set.folder.run(['--metadata-file', 'record.json'])).toMatchObject({ exitCode: 0 })
    const refused = await set.folder.run(['promote', 'record.json', 'stable', '--pipeline', 'doc'])
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("'docs'") })
    const { exitCode, stderr } = await set.folder.run(['promote', 'record.json', 'stable', '--pipeline', 'docs'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(await published('stable')).toEqual(['docs'])
    expect(await digestAt(set.url, 'team/docs', 'stable')).toBe(await digestAt(set.url, 'team/docs', '1.0'))
  })
})
