import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { busyboxImage } from '../support/busybox-image.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { startPackageRegistry } from '../support/package-registry.js'
import { packPackages } from '../support/packed-workspace.js'
import { pushManifest, pushTinyImage } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'
import { tinyIndex } from '../support/tiny-image.js'

const PACKAGES = ['core', 'plugin-debian', 'cli', 'create-polyarch'].map((name) => `packages/${name}`)

describe('a newcomer with the published packages', () => {
  const cleanup = new Cleanup()
  let folder: string
  let env: NodeJS.ProcessEnv
  /** Repository of Debian's image. */
  let image: string

  beforeAll(async () => {
    const packed = await packPackages(cleanup.use(await tempFolder('packed')).path, PACKAGES)
    const packages = cleanup.use(await startPackageRegistry(Object.values(packed)))
    folder = cleanup.use(await tempFolder('newcomer')).path
    const registry = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
    const target = { ...registry, repository: 'debian' }
    const images = await Promise.all(
      ['amd64', 'arm64'].map((architecture) => busyboxImage({ platform: { os: 'linux', architecture } })),
    )
    for (const one of images) await pushTinyImage(target, one)
    await pushManifest(target, tinyIndex(images), 'trixie')
    image = `${registry.host}/debian`
    const home = join(folder, 'home')
    await mkdir(home)
    // npm takes packages of this scope from the registry above, and all others from the machine's.
    const { stdout: registryUrl } = await runProgram('npm', ['config', 'get', 'registry'], { cwd: folder })
    await writeFile(join(home, '.npmrc'), `registry=${registryUrl.trim()}\n@polyarch:registry=${packages.url}\n`)
    // The machine's own authorities, as for a proxy.
    const authorities = process.env['NODE_EXTRA_CA_CERTS']
    env = {
      ...{ PATH: process.env['PATH'], HOME: home, DOCKER_HOST: process.env['DOCKER_HOST'], NO_COLOR: '1' },
      ...(authorities !== undefined && { NODE_EXTRA_CA_CERTS: authorities }),
    }
    // `npm create polyarch` is this command; the name of its package has no scope to configure.
    const create = ['install', '--global', '--prefix', join(folder, 'global'), packed['packages/create-polyarch'] ?? '']
    await runProgram('npm', [...create, '--no-audit', '--no-fund'], { cwd: folder, env })
  }, 600_000)
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function emptyFolder(name: string): Promise<string> {
    const path = join(folder, name)
    await mkdir(path)
    return path
  }

  /** Runs `npm create polyarch` in a folder. @returns the printed commands */
  async function create(cwd: string, ...args: readonly string[]): Promise<readonly string[]> {
    const { stdout } = await runProgram(join(folder, 'global/bin/create-polyarch'), args, { cwd, env })
    return stdout.split('\n\n')[1]?.trim().split('\n') ?? []
  }

  /** Runs commands in one shell, as they were printed. */
  async function runCommands(cwd: string, commands: readonly string[]): Promise<string> {
    const { stdout, stderr } = await runProgram('sh', ['-ec', commands.join('\n')], { cwd, env })
    return stdout + stderr
  }

  /** Debian's image is not on Docker Hub here. */
  async function useImage(file: string): Promise<void> {
    const text = await readFile(file, 'utf8')
    const changed = text.replace(/debian\((?:\{ (.*) \})?\)/, (_, options = '') =>
      ['debian({', [`image: '${image}'`, options].filter(Boolean).join(', '), '})'].join(' '),
    )
    expect(changed).not.toBe(text)
    await writeFile(file, changed)
  }

  it.each([
    ['pipeline', ['my-app'], 'my-app/build.ts', ['hello']],
    ['monorepo', ['monorepo', 'my-services'], 'my-services/images.ts', ['team/base', 'team/api', 'team/worker']],
  ])('builds and publishes the template %s by the printed commands', async (name, args, file, repositories) => {
    const path = await emptyFolder(name)
    const commands = await create(path, ...args)
    expect(commands).toHaveLength(4)
    await useImage(join(path, file))
    const output = await runCommands(path, commands)
    for (const repository of repositories) expect(output).toMatch(new RegExp(`/${repository}:1\\.0`))
    // The last command again finds that nothing is to do.
    const again = await runCommands(path, [commands[0] ?? '', `${commands.at(-1)} --json`])
    expect(again).toContain('"outcome": "reused"')
    expect(again).not.toContain('"outcome": "made"')
  })

  it('tests the template plugin, whose name has a scope and hyphens, by the printed commands', async () => {
    const path = await emptyFolder('plugin')
    const commands = await create(path, 'plugin', '@team/polyarch-plugin-my-linux')
    expect(commands).toEqual(['cd polyarch-plugin-my-linux', 'npm install', 'npm test'])
    expect(await runCommands(path, commands)).toMatch(/Tests +[1-9]\d* passed/)
  })

  it('follows the README of @polyarch/cli', async () => {
    const path = await emptyFolder('cli')
    const read = async (command: string) => runCommands(path, [command])
    await read('npm install --no-audit --no-fund @polyarch/cli')
    expect(await read(`npx polyarch inspect ${image}:trixie`)).toMatch(/linux\/amd64[\s\S]*linux\/arm64/)
    await read(`npx polyarch copy ${image}:trixie oci:images:app`)
    const digests = JSON.parse(await read(`npx polyarch inspect oci:images:app --json`))
    const [amd64, arm64] = digests[0].images.map(({ digest }: { readonly digest: string }) => `${image}@${digest}`)
    const index = image.replace(/debian$/, 'app')
    await read(`npx polyarch assemble ${index}:1.0 ${amd64} linux/arm64=${arm64}`)
    expect(await read(`npx polyarch tags ${index}`)).toContain('1.0')
    await writeFile(join(path, 'bake.json'), JSON.stringify({ target: { app: { tags: [`${index}:2.0`] } } }))
    await read('npx polyarch import bake.json --out build.ts')
    expect(await readFile(join(path, 'build.ts'), 'utf8')).toContain(`pipeline('${index}')`)
    expect(await read('npx polyarch explain USAGE')).toContain('USAGE')
    expect(await read('npx polyarch build.ts graph --no-plan')).toContain('app index')
  })
})
