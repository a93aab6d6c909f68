import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { ENGINES, engineHost, pushBase } from '../../packages/core/test/builder/engines.js'
import { type UserFolder, userFolder } from '../cli/user-folder.js'
import { runBuildx } from '../support/buildx.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { type ImageContent, imageContent } from './image-content.js'

const PLATFORMS = ['linux/amd64', 'linux/arm/v7']

/** Targets of every shape that builds without another registry, as users write them in a file of bake. */
function bakeText(host: string): string {
  return `
variable "VERSION" { default = "1.0" }
group "default" { targets = ["app", "variants", "tool"] }
target "common" {
  platforms = ${JSON.stringify(PLATFORMS)}
  network = "none"
  labels = { "org.example.version" = VERSION }
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
`
}

const IMAGES = ['app:1.0', 'app:latest', 'variant:one', 'variant:two', 'tool:1'] as const

describe('what polyarch import writes from a file of bake, on Docker 28.5', () => {
  const cleanup = new Cleanup()
  let host: string
  let engine: string
  let url: string
  let folder: UserFolder
  /** The images of bake by name and platform. */
  let expected: ReadonlyMap<string, ImageContent>

  beforeAll(async () => {
    const directory = cleanup.use(await tempFolder('bake-import')).path
    const registry = cleanup.use(await startRegistry({ directory: join(directory, 'registry') }))
    ;({ host, url } = registry)
    engine = cleanup.use(await engineHost(ENGINES[1])).host
    const base = await pushBase(registry)
    folder = cleanup.use(await userFolder())
    await folder.write({
      'docker-bake.hcl': bakeText(host),
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
    const bake = { host: engine, folder: folder.path }
    const args = ['--file', 'docker-bake.hcl', '--allow', `fs.read=${folder.path}`, '--provenance=false']
    await runBuildx(
      bake,
      'bake',
      ...args,
      '--set',
      '*.output=type=image,push=true',
      '--set',
      `variant*.args.BASE_IMAGE=${base}`,
    )
    expected = await contents()
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

  it('names the one line of a Dockerfile to change', async () => {
    const { exitCode, stderr } = await folder.polyarch(['import', 'bake.json', '--out', 'build.ts'])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(
        /^note: tool: in line 1 of 'Dockerfile', replace 'FROM [^']*' by 'FROM \$\{BASE_IMAGE\}'/,
      ),
    })
    const text = await readFile(join(folder.path, 'tool/Dockerfile'), 'utf8')
    const [, image = ''] = /^FROM (\S+)/.exec(text) ?? []
    await folder.write({
      'tool/Dockerfile': text.replace(`FROM ${image}`, `ARG BASE_IMAGE=${image}\nFROM \${BASE_IMAGE}`),
    })
  })

  it('publishes the same platforms with the same config and files', async () => {
    const { exitCode, stderr } = await folder.run(['--builder', engine])
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' })
    const own = await contents()
    expect([...own.keys()].sort()).toEqual([...expected.keys()].sort())
    expect(own.size).toBe(IMAGES.length * PLATFORMS.length)
    for (const [name, content] of own) expect(content, name).toEqual(expected.get(name))
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
    const bake = { host: engine, folder: folder.path }
    await runBuildx(
      bake,
      'bake',
      '--file',
      'docker-bake.json',
      '--allow',
      `fs.read=${folder.path}`,
      '--provenance=false',
    )
    const own = await contents(['app:1.0-amd64', 'app:1.0-armv7', 'variant:two-armv7', 'tool:1-amd64'])
    const pairs = [...own].map(([name, content]) => [name.replace(/-(amd64|armv7) /, ' '), content] as const)
    expect(pairs.map(([name]) => name)).toEqual([
      'app:1.0 linux/amd64',
      'app:1.0 linux/arm/v7',
      'variant:two linux/arm/v7',
      'tool:1 linux/amd64',
    ])
    for (const [name, content] of pairs) expect(content, name).toEqual(expected.get(name))
  })
})
