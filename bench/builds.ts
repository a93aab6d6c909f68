import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type UserFolder, userFolder } from '../test/cli/user-folder.js'
import { AMD64, ARM, pushBase } from '../test/pipeline/project.js'
import { runProgram } from '../test/support/child.js'
import { Cleanup } from '../test/support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../test/support/debian-registry.js'
import { type Contestant, hold } from './contest.js'

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

/** Cold and unchanged runs, with a small and with a large context, by polyarch and by hand with the docker CLI. */
export async function benchBuilds(): Promise<void> {
  await using cleanup = new Cleanup()
  const place = { registry: cleanup.use(await startDebianRegistry()), folder: cleanup.use(await userFolder()) }
  const { registry, folder } = place
  let told = 0
  const requests = () => {
    const before = told
    told = registry.requests().length
    return told - before
  }
  await folder.write({ 'app/Dockerfile': DOCKERFILE, 'app/file': 'one' })
  const cold = contestants(place, async () => prepare(place, randomUUID()))
  await hold({ title: 'cold build of 2 platforms, small context', contestants: cold, rounds: 3, requests })
  await prepare(place, 'kept')
  const unchanged = contestants(place)
  for (const { run } of unchanged) await run()
  await hold({ title: 'nothing changed, small context', contestants: unchanged, rounds: 5, requests })
  await writeMany(join(folder.path, 'app'))
  for (const { run } of unchanged) await run()
  await hold({ title: 'nothing changed, 10,000 files', contestants: unchanged, rounds: 3, requests })
  const edited = contestants(place, () => folder.write({ 'app/file': randomUUID() }))
  await hold({ title: 'one of 10,000 files edited', contestants: edited, rounds: 3, requests })
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

function contestants(place: Place, before: () => Promise<void> = async () => {}): readonly Contestant[] {
  return [
    {
      name: 'polyarch: node --import tsx build.ts',
      before,
      async run() {
        const { exitCode, stderr } = await place.folder.run()
        if (exitCode !== 0) throw new Error(stderr)
      },
    },
    { name: 'by hand, with the docker CLI', before, run: () => byHand(place) },
  ]
}

/** The recipe: a base list, a build and a push per platform, then the list of the images. */
async function byHand({ registry, folder }: Place): Promise<void> {
  const env = { ...process.env, DOCKER_CONFIG: join(folder.path, 'docker-cli') }
  const docker = (...args: readonly string[]) => runProgram('docker', args, { env, cwd: folder.path })
  const prefix = `${registry.host}/${current}`
  const list = `${prefix}/hand:1.0`
  const images: string[] = []
  for (const { docker: platform, word, base } of PLATFORMS) {
    const image = `${prefix}/hand:1.0-${word}`
    const from = `BASE_IMAGE=${prefix}/${base}:1`
    await docker('build', '--quiet', '--pull', '--platform', platform, '--build-arg', from, '--tag', image, 'app')
    await docker('push', '--quiet', image)
    images.push(image)
  }
  await docker('manifest', 'create', '--insecure', list, ...images)
  for (const [at, { annotate }] of PLATFORMS.entries()) {
    await docker('manifest', 'annotate', '--os', 'linux', ...annotate, list, images[at] ?? '')
  }
  await docker('manifest', 'push', '--insecure', '--purge', list)
}

async function writeMany(directory: string): Promise<void> {
  for (let folder = 0; folder < 100; folder++) {
    await mkdir(join(directory, String(folder)), { recursive: true })
    const files = Array.from({ length: 100 }, (_, at) =>
      writeFile(join(directory, String(folder), String(at)), `${folder}/${at} `.repeat(500)),
    )
    await Promise.all(files)
  }
}
