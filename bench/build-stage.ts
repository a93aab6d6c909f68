import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type UserFolder, userFolder } from '../test/cli/user-folder.js'
import { AMD64, ARM } from '../test/pipeline/project.js'
import { runBuildx } from '../test/support/buildx.js'
import { busyboxImage } from '../test/support/busybox-image.js'
import { Cleanup } from '../test/support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../test/support/debian-registry.js'
import { pushManifest, pushTinyImage } from '../test/support/push-tiny.js'
import { tinyIndex } from '../test/support/tiny-image.js'
import { BENCH_ENGINES, type BenchEngine, openBenchEngine } from './bench-engines.js'
import { type DockerCli, dockerCli } from './docker-cli.js'

/** The platforms of the recipe: as docker writes them, in names, and as `docker manifest annotate` takes them. */
const PLATFORMS = [
  { docker: 'linux/amd64', word: 'amd64', base: 'wide', annotate: ['--arch', 'amd64'] },
  { docker: 'linux/arm/v7', word: 'armv7', base: 'narrow', annotate: ['--arch', 'arm', '--variant', 'v7'] },
] as const

/** How `build.ts` is run: by which node, which has to be 22.18 or newer if it runs TypeScript by itself. */
export interface NodeChoice {
  /** For people: `Node 20 with tsx`. */
  readonly name: string
  readonly folder: string | undefined
  readonly runner: 'node' | 'native'
}

/** The node of a folder, or that of the PATH: with tsx, unless it runs TypeScript by itself. */
export function nodeChoice(folder: string | undefined): NodeChoice {
  const script = 'console.log(process.versions.node, process.features.typescript ?? false)'
  const output = execFileSync(folder === undefined ? 'node' : join(folder, 'node'), ['--eval', script], {
    encoding: 'utf8',
  })
  const [version = '', typescript] = output.trim().split(' ')
  const [major] = version.split('.')
  return typescript === 'false'
    ? { name: `Node ${major}, tsx`, folder, runner: 'node' }
    : { name: `Node ${major}`, folder, runner: 'native' }
}

/** An engine, a registry and a folder with a context, where polyarch and its peers build the same. */
export class BuildStage implements AsyncDisposable {
  readonly folder: UserFolder
  readonly #registry: DebianRegistry
  readonly #host: string
  readonly #pushesIndex: boolean
  readonly #docker: DockerCli
  readonly #cleanup: Cleanup
  #name = ''

  private constructor(
    place: { registry: DebianRegistry; folder: UserFolder; host: string; docker: DockerCli },
    engine: BenchEngine,
    cleanup: Cleanup,
  ) {
    this.#registry = place.registry
    this.folder = place.folder
    this.#host = place.host
    this.#docker = place.docker
    this.#pushesIndex = BENCH_ENGINES[engine].pushesIndex
    this.#cleanup = cleanup
  }

  static async open(engine: BenchEngine): Promise<BuildStage> {
    await using cleanup = new Cleanup()
    const { host } = cleanup.use(await openBenchEngine(engine))
    const registry = cleanup.use(await startDebianRegistry())
    const folder = cleanup.use(await userFolder())
    const place = { registry, folder, host, docker: await dockerCli(folder, host) }
    return new BuildStage(place, engine, cleanup.move())
  }

  /** Pushes new bases, and writes a definition that uses them: nothing of it is anywhere. */
  async prepare(name: string): Promise<void> {
    const { host, url } = this.#registry
    this.#name = name
    const images = await Promise.all([AMD64, ARM].map((platform) => busyboxImage({ platform, files: { name } })))
    for (const [at, image] of images.entries()) {
      await pushTinyImage({ url, repository: `${name}/${PLATFORMS[at]?.base}` }, image, '1')
      await pushTinyImage({ url, repository: `${name}/base` }, image)
    }
    await pushManifest({ url, repository: `${name}/base` }, tinyIndex(images), '1')
    const platforms = PLATFORMS.map(({ docker, base }) => {
      const [, architecture, variant] = docker.split('/')
      const words = variant === undefined ? '' : `variant: '${variant}', `
      return `platform('${architecture}', { ${words}base: fromImage('${host}/${name}/${base}:1') })`
    })
    await this.folder.writeBuild(`
      const app = pipeline('${host}/${name}/app').platforms(${platforms.join(', ')})
        .build({ context: 'app' }).tags('1.0')
      run(app)
    `)
    await this.#writeBakeFile()
  }

  /** `node build.ts`, or `node --import tsx build.ts`. */
  async polyarch({ folder, runner }: Omit<NodeChoice, 'name'>): Promise<void> {
    const path = [folder, process.env['PATH']].filter((part) => part !== undefined).join(':')
    const variables = { DOCKER_HOST: this.#host, PATH: path }
    await using command = this.folder.start([], variables, runner)
    const { exitCode, stderr } = await command.ended
    if (exitCode !== 0) throw new Error(stderr)
  }

  /** buildx, with both platforms in one build where the engine pushes an index, else with a target for each. */
  async buildx(): Promise<void> {
    const peer = { host: this.#host, folder: this.folder.path }
    if (!this.#pushesIndex) {
      await runBuildx(peer, 'bake', '--push', '--file', 'docker-bake.json')
      return
    }
    const args = ['--build-arg', `BASE_IMAGE=${this.#prefix}/base:1`, '--tag', `${this.#prefix}/buildx:1.0`]
    const platforms = PLATFORMS.map(({ docker }) => docker).join(',')
    await runBuildx(peer, 'build', '--push', '--provenance=false', '--platform', platforms, ...args, 'app')
  }

  /** The recipe with the newer commands: an index of the bases, the builds, and an index of the images. */
  async buildxRecipe(): Promise<void> {
    const peer = { host: this.#host, folder: this.folder.path }
    const bases = PLATFORMS.map(({ base }) => `${this.#prefix}/${base}:1`)
    await runBuildx(peer, 'imagetools', 'create', '--tag', `${this.#prefix}/bake-base:1.0`, ...bases)
    await this.buildx()
    if (this.#pushesIndex) return
    const images = PLATFORMS.map(({ word }) => `${this.#prefix}/bake:1.0-${word}`)
    await runBuildx(peer, 'imagetools', 'create', '--tag', `${this.#prefix}/bake:1.0`, ...images)
  }

  /** The recipe with the docker CLI: a list of the bases, a build and a push per platform, then the list of the images. */
  async recipeByHand(): Promise<void> {
    const bases = `${this.#prefix}/hand-base:1.0`
    await this.#createList(
      bases,
      PLATFORMS.map(({ base }) => `${this.#prefix}/${base}:1`),
    )
    const images: string[] = []
    for (const { docker: platform, word } of PLATFORMS) {
      const image = `${this.#prefix}/hand:1.0-${word}`
      const args = ['--pull', '--platform', platform, '--build-arg', `BASE_IMAGE=${bases}`, '--provenance=false']
      await this.#docker('build', '--quiet', ...args, '--tag', image, 'app')
      await this.#docker('push', '--quiet', image)
      images.push(image)
    }
    await this.#createList(`${this.#prefix}/hand:1.0`, images)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanup[Symbol.asyncDispose]()
  }

  get #prefix(): string {
    return `${this.#registry.host}/${this.#name}`
  }

  async #createList(name: string, images: readonly string[]): Promise<void> {
    await this.#docker('manifest', 'create', '--insecure', name, ...images)
    for (const [at, { annotate }] of PLATFORMS.entries()) {
      await this.#docker('manifest', 'annotate', '--os', 'linux', ...annotate, name, images[at] ?? '')
    }
    await this.#docker('manifest', 'push', '--insecure', '--purge', name)
  }

  async #writeBakeFile(): Promise<void> {
    const target = PLATFORMS.map(({ docker: platform, word, base }) => {
      const args = { BASE_IMAGE: `${this.#prefix}/${base}:1` }
      return [word, { context: 'app', platforms: [platform], args, tags: [`${this.#prefix}/bake:1.0-${word}`] }]
    })
    const group = { default: { targets: PLATFORMS.map(({ word }) => word) } }
    const file = { group, target: Object.fromEntries(target) }
    await this.folder.write({ 'docker-bake.json': JSON.stringify(file), 'docker/config.json': '{}' })
  }
}

/** Path of a file of the context. */
export function inContext({ folder }: BuildStage, ...names: readonly string[]): string {
  return join(folder.path, 'app', ...names)
}
