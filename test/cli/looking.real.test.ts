import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Stage, stage } from './stage.js'

describe('build.ts graph', () => {
  let set: Stage
  beforeAll(async () => {
    set = await stage()
  })
  afterAll(() => set[Symbol.asyncDispose]())

  it('prints the graph as a tree, with what the plan reports, and writes nothing', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run(['graph'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^${set.host}/team/app:1.0 +create`, 'm'))
    expect(stdout).toMatch(/^ +└─ image linux\/arm\/v7 +create /m)
    expect(stdout).toMatch(new RegExp(`└─ ${set.host}/bases/narrow:1$`, 'm'))
    expect(set.writes()).toEqual([])
  })

  it('draws the definition alone without contacting anything, in the form of the file’s ending', async () => {
    set.requests()
    const { exitCode, stdout, stderr } = await set.folder.run(['graph', '--no-plan', '--out', 'graph.svg'])
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    const svg = await readFile(join(set.folder.path, 'graph.svg'), 'utf8')
    for (const line of ['image', 'linux/arm/v7']) expect(svg).toContain(`>${line}<`)
    expect(svg).not.toContain('create')
    expect(set.requests()).toEqual([])
  })

  it('reports where it cannot write', async () => {
    const { exitCode, stderr } = await set.folder.run(['graph', '--no-plan', '--out', 'no/such/graph.dot'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('error: --out: no/such/graph.dot cannot be written')
    const pdf = await set.folder.run(['graph', '--no-plan', '--out', 'graph.pdf'])
    expect(pdf).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("file extension '.pdf'") })
  })
})

describe('build.ts doctor', () => {
  let set: Stage
  beforeAll(async () => {
    set = await stage()
  })
  afterAll(() => set[Symbol.asyncDispose]())

  it('looks at engine, platforms and registries, and leaves nothing behind', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run(['doctor'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^ok +builder: Docker \d+/m)
    expect(stdout).toMatch(/^ok +platform linux\/amd64: runs natively$/m)
    expect(stdout).toMatch(/^ok +platform linux\/arm\/v7: runs by emulation/m)
    expect(stdout).toMatch(new RegExp(`^ok +registry ${set.host}: answers`, 'm'))
    expect(stdout).toMatch(new RegExp(`^ok +base ${set.host}/bases/narrow:1: exists and can be pulled$`, 'm'))
    expect(stdout).toMatch(new RegExp(`^ok +repository ${set.host}/team/app: can be pulled from and pushed to`, 'm'))
    const disks = stdout.match(/^(ok|warning) +disk: .+ free in \/.+$/gm)
    // An engine with a root of its own keeps its images in a folder that this machine does not have.
    expect(disks).toHaveLength((process.env['POLYARCH_TEST_ENGINE'] ?? 'installed') === 'installed' ? 2 : 1)
    const uploads = '/v2/team/app/blobs/uploads/'
    expect(set.writes()).toEqual([`POST ${uploads}`, expect.stringMatching(`^DELETE ${uploads}`)])
  })

  it('exits with 1 and has a hint if a run would fail; --json reports the same', async () => {
    const { exitCode, stdout } = await set.folder.run(['doctor', '--json'], { DOCKER_HOST: 'unix:///nowhere' })
    expect(exitCode).toBe(1)
    const { version, findings } = JSON.parse(stdout)
    expect(version).toBe(1)
    expect(findings).toContainEqual({
      subject: 'builder',
      state: 'error',
      message: expect.stringContaining('/nowhere'),
      advice: expect.stringContaining('DOCKER_HOST'),
    })
  })
})
