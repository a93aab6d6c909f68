import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type UserFolder, userFolder } from '../test/cli/user-folder.js'
import { AMD64, ARM, pushBase } from '../test/pipeline/project.js'
import { Cleanup } from '../test/support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../test/support/debian-registry.js'
import { type Contestant, countNew, hold } from './contest.js'
import { type DockerCli, dockerCli } from './docker-cli.js'
import { version } from './machine.js'
import { writeManyFiles } from './many-files.js'

const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
COPY . /app
RUN find /app -type f | wc -l > /count
`
const PLATFORMS = [
  { docker: 'linux/amd64', word: 'amd64', base: 'wide', annotate: ['--arch', 'amd64'] },
  { docker: 'linux/arm/v7', word: 'armv7', base: 'narrow', annotate: ['--arch', 'arm', '--variant', 'v7'] },
] as const

/** The place where both build the same, each into repositories of its own. */
interface Place {
  readonly registry: DebianRegistry
  readonly folder: UserFolder
}

/** Cold and unchanged runs with a small context, by polyarch, by hand with the docker CLI, and with buildx. */
export async function benchBuilds(): Promise<void> {
  await using cleanup = new Cleanup()
  const { place, requests } = await openPlace(cleanup)
  const cold = await contestants(place, async () => prepare(place, randomUUID()))
  await hold({ title: 'cold build of 2 platforms, small context', contestants: cold, rounds: 9, requests })
  await prepare(place, 'kept')
  const unchanged = await contestants(place)
  await runOnce(unchanged)
  await hold({ title: 'nothing changed, small context', contestants: unchanged, rounds: 5, requests })
}

/** Unchanged and edited runs with a context of 10,000 files. */
export async function benchLargeContext(): Promise<void> {
  await using cleanup = new Cleanup()
  const { place, requests } = await openPlace(cleanup)
  const { folder } = place
  await writeManyFiles(join(folder.path, 'app'))
  await prepare(place, 'kept')
  const unchanged = await contestants(place)
  await runOnce(unchanged)
  await hold({ title: 'nothing changed, 10,000 files', contestants: unchanged, rounds: 3, requests })
  const edited = await contestants(place, () => folder.write({ 'app/file': randomUUID() }))
  await hold({ title: 'one of 10,000 files edited', contestants: edited, rounds: 3, requests })
}

async function openPlace(cleanup: Cleanup): Promise<{ place: Place; requests: () => Promise<number> }> {
  const registry = cleanup.use(await startDebianRegistry())
  const folder = cleanup.use(await userFolder())
  await folder.write({ 'app/Dockerfile': DOCKERFILE, 'app/file': 'one' })
  return { place: { registry, folder }, requests: countNew(async () => (await registry.requests()).length) }
}

async function runOnce(contestants: readonly Contestant[]): Promise<void> {
  for (const { before, run } of contestants) {
    await before?.()
    await run()
  }
}

/** New bases, and a definition that stands on them: nothing of it is anywhere. */
async function prepare({ registry, folder }: Place, name: string): Promise<void> {
  for (const [base, platform] of [['wide', AMD64] as const, ['narrow', ARM] as const]) {
    await pushBase({ ...registry, repository: `${name}/${base}` }, { platform, files: { name } })
  }
  const platforms = PLATFORMS.map(({ docker, base }) => {
    const [, architecture, variant] = docker.split('/')
    const words = variant === undefined ? '' : `variant: '${variant}', `
    return `platform('${architecture}', { ${words}base: fromImage('${registry.host}/${name}/${base}:1') })`
  })
  await folder.writeBuild(`
    const app = pipeline('${registry.host}/${name}/app').platforms(${platforms.join(', ')})
      .build({ context: 'app' }).tags('1.0')
    run(app)
  `)
  current = name
}

/** Which of the prepared definitions is the one at hand. */
let current = ''

async function contestants(place: Place, before: () => Promise<void> = async () => {}): Promise<readonly Contestant[]> {
  const docker = await dockerCli(place.folder)
  const own: Contestant = {
    name: 'polyarch: node --import tsx build.ts',
    before,
    async run() {
      const { exitCode, stderr } = await place.folder.run()
      if (exitCode !== 0) throw new Error(stderr)
    },
  }
  const byHand = {
    name: 'by hand, with the docker CLI',
    before,
    run: () => recipe(`${place.registry.host}/${current}`, docker),
  }
  if ((await version('docker', 'buildx', 'version')) === undefined) return [own, byHand]
  const prepareBake = async () => {
    await before()
    await writeBakeFile(place)
  }
  return [
    own,
    byHand,
    { name: 'buildx bake, no list made', before: prepareBake, run: () => docker('buildx', 'bake', '--push') },
    { name: 'the same recipe, with buildx', before: prepareBake, run: () => buildxRecipe(place, docker) },
  ]
}

/** The recipe: a list of the bases, a build and a push per platform, then the list of the images. */
async function recipe(prefix: string, docker: DockerCli): Promise<void> {
  const bases = `${prefix}/hand-base:1.0`
  await list(
    docker,
    bases,
    PLATFORMS.map(({ base }) => `${prefix}/${base}:1`),
  )
  const images: string[] = []
  for (const { docker: platform, word } of PLATFORMS) {
    const image = `${prefix}/hand:1.0-${word}`
    const from = `BASE_IMAGE=${bases}`
    await docker('build', '--quiet', '--pull', '--platform', platform, '--build-arg', from, '--tag', image, 'app')
    await docker('push', '--quiet', image)
    images.push(image)
  }
  await list(docker, `${prefix}/hand:1.0`, images)
}

async function list(docker: DockerCli, name: string, images: readonly string[]): Promise<void> {
  await docker('manifest', 'create', '--insecure', name, ...images)
  for (const [at, { annotate }] of PLATFORMS.entries()) {
    await docker('manifest', 'annotate', '--os', 'linux', ...annotate, name, images[at] ?? '')
  }
  await docker('manifest', 'push', '--insecure', '--purge', name)
}

/** The recipe with the newer commands; bake builds both platforms at a time. */
async function buildxRecipe({ registry }: Place, docker: DockerCli): Promise<void> {
  const prefix = `${registry.host}/${current}`
  const bases = PLATFORMS.map(({ base }) => `${prefix}/${base}:1`)
  await docker('buildx', 'imagetools', 'create', '--tag', `${prefix}/bake-base:1.0`, ...bases)
  await docker('buildx', 'bake', '--push')
  const images = PLATFORMS.map(({ word }) => `${prefix}/bake:1.0-${word}`)
  await docker('buildx', 'imagetools', 'create', '--tag', `${prefix}/bake:1.0`, ...images)
}

/** A target per platform: the engine's own builder does not push images for several at a time. */
async function writeBakeFile({ registry, folder }: Place): Promise<void> {
  const prefix = `${registry.host}/${current}`
  const target = PLATFORMS.map(({ docker: platform, word, base }) => {
    const args = { BASE_IMAGE: `${prefix}/${base}:1` }
    return [word, { context: 'app', platforms: [platform], args, tags: [`${prefix}/bake:1.0-${word}`] }]
  })
  const group = { default: { targets: PLATFORMS.map(({ word }) => word) } }
  await folder.write({ 'docker-bake.json': JSON.stringify({ group, target: Object.fromEntries(target) }) })
}
