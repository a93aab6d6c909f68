import { join } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { AMD64, ARM } from '../pipeline/project.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { startDebianRegistry } from '../support/debian-registry.js'
import { runImage } from '../support/run-image.js'
import { appText, digestAt, type Stage, stage } from './stage.js'

const cleanup = new Cleanup()
let set: Stage
beforeEach(async () => {
  set = cleanup.use(await stage())
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** Platforms of an index in an image layout, by a program that is not ours. */
async function platformsInLayout(layout: string): Promise<readonly unknown[]> {
  const { stdout } = await runProgram('skopeo', ['inspect', '--raw', layout])
  const { manifests } = JSON.parse(stdout) as { manifests: readonly { platform: unknown }[] }
  return manifests.map(({ platform }) => platform)
}

describe('--only', () => {
  it('builds and pushes that platform, and moves no tag', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run(['--only', 'linux/arm/v7'])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(stdout).toMatch(/^app +image\(linux\/arm\/v7\) +made in .* sha256:[0-9a-f]{12}$/m)
    const [, repository, digest = ''] = /^(\S+)\n {2}(sha256:[0-9a-f]{64})$/m.exec(stdout) ?? []
    expect(repository).toBe(`${set.host}/team/app`)
    expect(stdout).not.toContain('linux/amd64')
    expect(await digestAt(set.url, 'team/app', digest)).toBe(digest)
    expect(await digestAt(set.url, 'team/app', '1.0')).toBeUndefined()
    const { stdout: complete } = await set.folder.run(['--json'])
    const outcomes = (JSON.parse(complete) as { nodes: { node: string; outcome: string }[] }).nodes.map(
      ({ node, outcome }) => `${node} ${outcome}`,
    )
    expect(outcomes).toContain('app image(linux/arm/v7) reused')
    expect(outcomes).toContain('app image(linux/amd64) made')
  })

  it.each([
    ['a word that is no platform', 'arm/v7/x/y', "'arm/v7/x/y' is not valid"],
    ['a platform that the pipeline does not have', 'linux/arm64', 'linux/arm64'],
  ])('rejects %s', async (_what, only, said) => {
    const { exitCode, stderr } = await set.folder.run(['--only', only])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(said)
    expect(set.writes()).toEqual([])
  })
})

describe('--load', () => {
  it('puts the image into the engine under the names of its index', async () => {
    const { exitCode, stderr } = await set.folder.run(['--load'])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    const docker = new Docker()
    const name = `${set.host}/team/app:latest`
    try {
      expect(stderr).toContain(`loaded ${name}`)
      expect(await docker.getImage(name).inspect()).toMatchObject({ Architecture: 'amd64', Os: 'linux' })
    } finally {
      for (const tag of ['latest', '1.0']) await docker.getImage(`${set.host}/team/app:${tag}`).remove({ force: true })
    }
  })
})

describe('--registry', () => {
  it('takes the place of the host in names', async () => {
    await using other = await startDebianRegistry()
    await set.folder.writeBuild(appText(set.host, 'ghcr.io/team/app'))
    const { exitCode, stderr } = await set.folder.run(['--registry', `${other.host}/mirror`])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(set.writes()).toEqual([])
    for (const [platform, base] of [
      [AMD64, 'linux/amd64'],
      [ARM, 'linux/arm/v7'],
    ] as const) {
      const ran = await runImage({ reference: `${other.host}/mirror/team/app:1.0`, platform })
      expect(ran).toEqual({ exitCode: 0, output: `built on tiny ${base}` })
    }
    const { stdout } = await set.folder.run(['inspect', '--registry', `${other.host}/mirror`])
    expect(stdout).toContain(`${other.host}/mirror/team/app:latest@sha256:`)
  })

  it('embedded:DIR leaves an image layout that skopeo reads', async () => {
    await set.folder.writeBuild(appText(set.host, 'team/app'))
    const { exitCode, stderr } = await set.folder.run(['--registry', 'embedded:out'])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(stderr).toMatch(
      /npx tsx build\.ts serve \S+out\nand in another terminal: docker pull 127\.0\.0\.1:5000\/team\/app:1\.0\n$/,
    )
    const layout = `oci:${join(set.folder.path, 'out')}:team/app:1.0`
    expect(await platformsInLayout(layout)).toEqual([AMD64, ARM])
    const { stdout } = await runProgram('skopeo', ['inspect', layout])
    expect(JSON.parse(stdout)).toMatchObject({ Architecture: 'amd64' })
    const again = await set.folder.run(['plan', '--exit-code', '--registry', 'embedded:out'])
    expect(again.exitCode).toBe(0)
  })

  it('embedded alone keeps its content in the home of the user', async () => {
    await set.folder.writeBuild(appText(set.host, 'team/app'))
    expect(await set.folder.run(['--registry', 'embedded'])).toMatchObject({ exitCode: 0 })
    const home = join(set.folder.path, 'home/.local/share/polyarch/registry')
    expect(await platformsInLayout(`oci:${home}:team/app:latest`)).toEqual([AMD64, ARM])
  })

  it.each(['https://ghcr.io', 'team', 'ghcr.io:port', ''])('rejects %j, which is not a host', async (registry) => {
    const { exitCode, stderr } = await set.folder.run(['--registry', registry])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`'${registry}' is not valid`)
  })
})

describe('serve', () => {
  it('keeps the embedded registry up, and a build joins it', async () => {
    await set.folder.writeBuild(appText(set.host, 'team/app'))
    await using serving = set.folder.start(['serve', 'store', '--port', '0'])
    const [, host] = await serving.says(/serving .*store at (\S+) /)
    const { exitCode, stdout, stderr } = await set.folder.run(['--registry', 'embedded:store'])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(stdout).toContain(`${host}/team/app:1.0`)
    expect(await runImage({ reference: `${host}/team/app:1.0`, platform: ARM })).toEqual({
      exitCode: 0,
      output: 'built on tiny linux/arm/v7',
    })
    serving.kill('SIGINT')
    const ended = await serving.ended
    expect(ended.exitCode).toBe(0)
    await expect(fetch(`http://${host}/v2/`)).rejects.toThrow()
  })

  it('rejects a directory that another process serves, and reports where', async () => {
    await using serving = set.folder.start(['serve', 'store', '--port', '0'])
    const [, host] = await serving.says(/ at (\S+) /)
    const { exitCode, stderr } = await set.folder.run(['serve', 'store', '--port', '0'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`which serves it at ${host}`)
    expect(stderr).toContain('DIRECTORY_IN_USE')
  })

  it('rejects a port that is none', async () => {
    const { exitCode, stderr } = await set.folder.run(['serve', '--port', '70000'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain("'70000' is not valid")
  })
})
