import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MEDIA_TYPES } from '../../packages/core/src/model/oci.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { ENGINES, engineHost, pushBase } from '../../packages/core/test/builder/engines.js'
import { type UserFolder, userFolder } from '../cli/user-folder.js'
import { AMD64 } from '../pipeline/project.js'
import { runBuildx } from '../support/buildx.js'
import { runProgram, startProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { newerEngine } from '../support/newer-engine.js'
import { type InspectedSboms, packagesIn, pushScanner } from '../support/scanner.js'
import { tempFolder } from '../support/temp-folder.js'
import { type ImageContent, imageContent } from './image-content.js'

const PLATFORMS = ['linux/amd64', 'linux/arm/v7']

/** Targets of every shape that builds without another registry, as users write them in a file of bake. */
function bakeText(host: string, base: string, scanner: string): string {
  return `
variable "VERSION" { default = "1.0" }
group "default" { targets = ["app", "variants", "tool", "settings"] }
target "common" {
  platforms = ${JSON.stringify(PLATFORMS)}
  network = "none"
  labels = { "org.example.version" = VERSION }
  attest = ["type=provenance,disabled=true"]
  output = ["type=image,push=true"]
}
target "app" {
  inherits = ["common"]
  dockerfile = "Dockerfile.app"
  target = "release"
  args = { GREETING = "it's \${VERSION}" }
  contexts = { extra = "extra", tool = "target:tool" }
  secret = ["id=token,src=token"]
  tags = ["${host}/app:\${VERSION}", "${host}/app:latest"]
  annotations = ["org.example.note=here"]
  no-cache-filter = ["release"]
}
target "variants" {
  inherits = ["common"]
  name = "variant-\${item}"
  matrix = { item = ["one", "two"] }
  dockerfile-inline = "ARG BASE_IMAGE\\nFROM $\${BASE_IMAGE}\\nARG ITEM\\nRUN echo $ITEM > /item\\n"
  args = { ITEM = item, BASE_IMAGE = "${host}/base:1" }
  tags = ["${host}/variant:\${item}"]
}
target "tool" {
  inherits = ["common"]
  context = "tool"
  tags = ["${host}/tool:1"]
}
target "settings" {
  inherits = ["common"]
  dockerfile = "Dockerfile.settings"
  contexts = { named = "docker-image://${base}" }
  ssh = ["default", "deploy=deploy-key"]
  extra-hosts = { "mirror.example" = "10.1.2.3" }
  ulimits = ["nofile=512:1024"]
  shm-size = "32m"
  attest = ["type=provenance,mode=max", "type=sbom,generator=${scanner}"]
  cache-from = ["type=registry,ref=${host}/cache:settings"]
  cache-to = ["type=registry,ref=${host}/cache:settings,mode=max", "type=inline"]
  tags = ["${host}/settings:1"]
}
`
}

const BUILDKIT_PROVENANCE = 'https://slsa.dev/provenance/v0.2'
const IMAGES = ['app:1.0', 'app:latest', 'variant:one', 'variant:two', 'tool:1', 'settings:1'] as const

/** Every step fails if the setting that it checks has no effect. */
function settingsDockerfile(base: string): string {
  return `ARG BASE_IMAGE=${base}
FROM \${BASE_IMAGE}
COPY --from=named /etc/os-release /named
RUN --mount=type=ssh,id=deploy test -S "$SSH_AUTH_SOCK" && echo ssh > /ssh
RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo agent > /agent
RUN grep '^10.1.2.3.mirror.example' /etc/hosts > /hosts
RUN test "$(ulimit -S -n) $(ulimit -H -n)" = '512 1024' && echo limits > /limits
RUN grep -q ' /dev/shm .*size=32768k' /proc/mounts && echo shm > /shm
`
}

describe('what polyarch import writes from a file of bake, on Docker 28.5', () => {
  const cleanup = new Cleanup()
  let host: string
  let engine: string
  let url: string
  let folder: UserFolder
  /** With an ssh agent, for `ssh = ["default"]`. */
  let variables: Readonly<Record<string, string>>
  /** The images of bake by name and platform. */
  let expected: ReadonlyMap<string, ImageContent>
  let expectedStatements: readonly unknown[]
  let expectedPackages: readonly unknown[]

  beforeAll(async () => {
    const directory = cleanup.use(await tempFolder('bake-import')).path
    const registry = cleanup.use(await startRegistry({ directory: join(directory, 'registry') }))
    ;({ host, url } = registry)
    engine = cleanup.use(await engineHost(ENGINES[1])).host
    const base = await pushBase(registry)
    folder = cleanup.use(await userFolder())
    const agent = join(directory, 'agent.sock')
    cleanup.use(await startProgram({ command: 'ssh-agent', args: ['-D', '-a', agent], readyLine: () => true }))
    variables = { SSH_AUTH_SOCK: agent }
    const scanner = await pushScanner(registry, AMD64)
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder.path, 'deploy-key')])
    await folder.write({
      'docker-bake.hcl': bakeText(host, base, scanner),
      'Dockerfile.settings': settingsDockerfile(base),
      'Dockerfile.app':
        `ARG BASE_IMAGE=${base}\nFROM \${BASE_IMAGE} AS build\nARG GREETING\n` +
        'RUN --mount=type=secret,id=token test -s /run/secrets/token && echo $GREETING > /greeting\n' +
        'FROM build AS release\nCOPY file /file\nCOPY --from=extra more /more\nCOPY --from=tool /tool /tool\n' +
        'CMD ["cat", "/greeting"]\n',
      file: 'content\n',
      token: 'secret\n',
      'extra/more': 'more\n',
      'tool/Dockerfile': `FROM ${base}\nRUN echo tool > /tool\n`,
    })
    const bake = { host: engine, folder: folder.path, variables }
    const args = ['--file', 'docker-bake.hcl', '--allow', `fs.read=${folder.path}`, '--allow', 'ssh']
    await runBuildx(bake, 'bake', ...args, '--set', `variant*.args.BASE_IMAGE=${base}`)
    expected = await contents()
    expectedStatements = await statements()
    expectedPackages = await packages()
    const printed = await runBuildx(
      bake,
      'bake',
      '--file',
      'docker-bake.hcl',
      '--print',
      '--set',
      `variant*.args.BASE_IMAGE=${base}`,
    )
    await folder.write({ 'bake.json': printed })
  }, 300_000)
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function contents(names: readonly string[] = IMAGES): Promise<ReadonlyMap<string, ImageContent>> {
    const found = new Map<string, ImageContent>()
    for (const name of names) {
      const { images } = await inspect(`${host}/${name}`)
      const [repository = ''] = name.split(':')
      for (const { declared, config, digest } of images) {
        const { os, architecture, variant } = declared ?? config ?? {}
        if (os === 'unknown') continue
        const platform = [os, architecture, variant].filter(Boolean).join('/')
        found.set(`${name} ${platform}`, await imageContent(`${url}/v2/${repository}`, digest))
      }
    }
    return found
  }

  /** Where BuildKit's provenance of the images with settings is stored. polyarch adds a statement of its own. */
  async function statements(): Promise<readonly unknown[]> {
    const { attestations = [] } = await inspect(`${host}/settings:1`, { attestations: true })
    return attestations.filter(({ type }) => type === BUILDKIT_PROVENANCE).map(({ kind, stored }) => ({ kind, stored }))
  }

  /** What the scanner found in the image of each platform, as buildx reads it. */
  async function packages(): Promise<readonly unknown[]> {
    const args = ['imagetools', 'inspect', `${host}/settings:1`, '--format', '{{json .SBOM}}']
    return packagesIn(JSON.parse(await runBuildx({ host: engine, folder: folder.path }, ...args)) as InspectedSboms)
  }

  /** The media type of the config in a cache that BuildKit wrote. */
  async function cacheType(tag: string): Promise<unknown> {
    const response = await fetch(`${url}/v2/cache/manifests/${tag}`, { headers: { accept: MEDIA_TYPES.ociManifest } })
    const content = (await response.json()) as { readonly config?: { readonly mediaType?: string } }
    return content.config?.mediaType ?? content
  }

  it('names the one line of a Dockerfile to change', async () => {
    const { exitCode, stderr } = await folder.polyarch(['import', 'bake.json', '--out', 'build.ts'])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(
        /^note: tool: in line 1 of 'tool\/Dockerfile', replace 'FROM [^']*' by 'FROM \$\{BASE_IMAGE\}'/,
      ),
    })
    const text = await readFile(join(folder.path, 'tool/Dockerfile'), 'utf8')
    const [, image = ''] = /^FROM (\S+)/.exec(text) ?? []
    await folder.write({
      'tool/Dockerfile': text.replace(`FROM ${image}`, `ARG BASE_IMAGE=${image}\nFROM \${BASE_IMAGE}`),
    })
  })

  it('publishes the same platforms with the same config and files', async () => {
    const { exitCode, stderr } = await folder.run(['--builder', engine], variables)
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' })
    const own = await contents()
    expect([...own.keys()].sort()).toEqual([...expected.keys()].sort())
    expect(own.size).toBe(IMAGES.length * PLATFORMS.length)
    for (const [name, content] of own) expect(content, name).toEqual(expected.get(name))
  })

  it('attaches the same list of packages', async () => {
    expect(expectedPackages).toEqual(PLATFORMS.map((one) => [one, [`tiny ${one}`]]))
    expect(await packages()).toEqual(expectedPackages)
  })

  it('attaches the same provenance, and writes a cache for each platform', async () => {
    expect(expectedStatements).toHaveLength(PLATFORMS.length)
    expect(await statements()).toEqual(expectedStatements)
    for (const tag of ['settings', 'settings-amd64', 'settings-armv7']) {
      expect(await cacheType(tag), tag).toBe('application/vnd.buildkit.cacheconfig.v0')
    }
  })

  it('takes the steps from the cache that bake wrote, on an engine that has built nothing', async () => {
    const fresh = cleanup.use(await newerEngine())
    const args = ['settings', '--no-reuse', '--builder', fresh.address, '--progress', 'plain']
    const { exitCode, stderr } = await folder.run(args, variables)
    const steps = [...stderr.matchAll(/settings image\(([^)]+)\): (.*\bRUN .*) \((cached|done)/g)]
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(new Set(steps.map(([, one]) => one))).toEqual(new Set(PLATFORMS))
    expect(steps.flatMap(([, one, step, how]) => (how === 'cached' ? [] : [`${one}: ${step}`]))).toEqual([])
  })

  it('can be exported to bake again, which builds the same images', async () => {
    const { exitCode, stderr } = await folder.run(['export', '--format', 'bake', '--out', 'docker-bake.json'])
    expect(exitCode).toBe(0)
    const [line = ''] = stderr.split('\n').filter((one) => one.includes(`-t ${host}/app:1.0 `))
    expect(line).toBe(
      `note: bake makes no index of targets: docker buildx imagetools create -t ${host}/app:1.0 ` +
        `${host}/app:1.0-amd64 ${host}/app:1.0-armv7`,
    )
    await rm(join(folder.path, 'docker-bake.hcl'))
    const bake = { host: engine, folder: folder.path, variables }
    await runBuildx(
      bake,
      'bake',
      '--file',
      'docker-bake.json',
      '--allow',
      `fs.read=${folder.path}`,
      '--allow',
      'ssh',
      '--provenance=false',
    )
    const own = await contents([
      'app:1.0-amd64',
      'app:1.0-armv7',
      'variant:two-armv7',
      'tool:1-amd64',
      'settings:1-armv7',
    ])
    const pairs = [...own].map(([name, content]) => [name.replace(/-(amd64|armv7) /, ' '), content] as const)
    expect(pairs.map(([name]) => name)).toEqual([
      'app:1.0 linux/amd64',
      'app:1.0 linux/arm/v7',
      'variant:two linux/arm/v7',
      'tool:1 linux/amd64',
      'settings:1 linux/arm/v7',
    ])
    for (const [name, content] of pairs) expect(content, name).toEqual(expected.get(name))
  })
})
